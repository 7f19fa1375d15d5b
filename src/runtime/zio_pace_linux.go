// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

// What the recent traffic of a socket says about its next operation, and the
// numbers that decide which way an operation goes.

const (
	// zioMaxRead and zioMaxWrite bound the operations that are performed
	// without entersyscall. The kernel copies at most this many bytes, which
	// takes microseconds; while it does, the P cannot be taken away.
	zioMaxRead  = 64 << 10
	zioMaxWrite = 16 << 10

	// zioRingRetry is how many sends are performed directly before a P that
	// could not get a ring tries again.
	zioRingRetry = 1 << 10

	// An attempt in vain to receive costs 0.5 us. One that is not made though
	// it would have found something costs a park and a poll, about as
	// much, while the P has other goroutines to run, and a wakeup of an idle
	// P, 5 us, if it has not. So attempts are made while one in two finds
	// something (zioBusyOdds), or one in four on a P that has nothing else
	// to run (zioIdleOdds), in 256ths. A new socket begins there: with more,
	// many busy connections would begin with attempts that find something
	// because they are made, and keep each other from being batched.
	// Bench rows pgx-16, echo-1000, echo-1, echo-64x16-small.
	zioBusyOdds  = 128
	zioIdleOdds  = 64
	zioFirstOdds = 64

	// One in zioProbeEvery attempts that are not worthwhile is made all the
	// same, to learn; one in zioProbeOften of those that would be if the P
	// was idle. Powers of 2 that fit uint8.
	zioProbeEvery = 64
	zioProbeOften = 8

	// zioLargeRead is the receive from which copying outweighs the system
	// call.
	zioLargeRead = 8 << 10

	// zioQueueWrite is the largest send worth queueing: beyond, copying
	// costs more than the system call.
	zioQueueWrite = 4 << 10
)

// worthwhile reports whether to attempt a receive from a drained socket.
func (z *zioDesc) worthwhile() bool {
	least := uint8(zioBusyOdds)
	// The goroutine may be preempted on the way; it is only a guess.
	if pp := getg().m.p.ptr(); pp.runqhead == pp.runqtail && pp.runnext == 0 {
		least = zioIdleOdds
	}
	if z.odds >= least {
		return true
	}
	z.skips++
	if z.odds >= zioIdleOdds {
		return z.skips%zioProbeOften == 0
	}
	return z.skips%zioProbeEvery == 0
}

// learn notes whether an attempt to receive from a drained socket found
// something. If a send was queued in between, the time that it took says nothing
// of the peer.
func (z *zioDesc) learn(found bool) {
	if found && z.answered == z.sends.Load() {
		z.odds += (255 - z.odds) / 8
	} else {
		z.odds -= (z.odds + 7) / 8
	}
}

// received notes what the result r of a receive of up to n bytes says about
// the receive queue, and returns r.
func (z *zioDesc) received(r, n int) int {
	if zioForbidden(r) {
		return zioRedo
	}
	if r <= zioErrBase {
		return r
	}
	z.large = r > zioLargeRead
	z.answered = z.sends.Load()
	z.drained = r > 0 && r < n && z.short && z.sticky.Load() == 0
	return r
}
