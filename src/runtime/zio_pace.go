// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix || (js && wasm) || wasip1 || windows

package runtime

import "internal/runtime/atomic"

// What the recent traffic of a socket says about its next operation, and the
// numbers that decide which way an operation goes.

// zioPace is what is remembered of a socket's traffic. Unless said otherwise it
// is owned by the goroutine that holds the descriptor's read lock.
type zioPace struct {
	// drained says that the last receive emptied the queue and that no
	// readiness event had come since rg was last pdNil.
	drained bool

	// large says that the last receive brought so much that copying
	// outweighs the system call: the goroutine does it itself, so that
	// several processors can copy.
	large bool

	// odds estimates how often an attempt to receive from a drained socket
	// finds something although nothing says so, in 256ths: see worthwhile.
	// skips counts those that were not made, answered is sends as of the
	// last receive.
	odds     uint8
	skips    uint8
	answered uint32

	// sends counts queued sends. Written by the goroutine that holds the
	// write lock.
	sends atomic.Uint32
}

const (
	// zioMaxRead and zioMaxWrite bound the operations that are performed
	// without entersyscall. The kernel copies at most this many bytes, which
	// takes microseconds; while it does, the P cannot be taken away.
	zioMaxRead  = 64 << 10
	zioMaxWrite = 16 << 10

	// zioBatchRetry is how many sends are performed directly before a P that
	// could not get a batch tries again.
	zioBatchRetry = 1 << 10

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

// plan says how a receive begins: with an attempt or by waiting, whether to
// learn from the attempt, and whether a batch may make it. ready says that the
// descriptor is known to be readable.
func (z *zioDesc) plan(ready bool) (attempt, learn, queue bool) {
	p := &z.pace
	if !p.drained || z.trust.Load() == zioLost {
		return true, false, false
	}
	if ready {
		return true, false, p.odds < zioBusyOdds && !p.large && zioCapability(zioOpRecv) == zioNative
	}
	if p.worthwhile() {
		return true, true, false
	}
	zioCount(zioCountSkipped)
	return false, false, false
}

// worthwhile reports whether to attempt a receive from a drained socket.
func (p *zioPace) worthwhile() bool {
	least := uint8(zioBusyOdds)
	// The goroutine may be preempted on the way; it is only a guess.
	if pp := getg().m.p.ptr(); pp.runqhead == pp.runqtail && pp.runnext == 0 {
		least = zioIdleOdds
	}
	if p.odds >= least {
		return true
	}
	p.skips++
	if p.odds >= zioIdleOdds {
		return p.skips%zioProbeOften == 0
	}
	return p.skips%zioProbeEvery == 0
}

// learn notes whether an attempt to receive from a drained socket found
// something. If a send was queued in between, the time that it took says nothing
// of the peer.
func (p *zioPace) learn(found bool) {
	if found && p.answered == p.sends.Load() {
		p.odds += (255 - p.odds) / 8
	} else {
		p.odds -= (p.odds + 7) / 8
	}
}

// queuedSend counts a queued send.
func (p *zioPace) queuedSend() {
	p.sends.StoreRelease(p.sends.Load() + 1)
}

// received notes what the result r of a receive of up to n bytes says about
// the receive queue, and returns r.
func (z *zioDesc) received(r, n int) int {
	if r <= zioRedo {
		return r
	}
	z.pace.large = r > zioLargeRead
	z.pace.answered = z.pace.sends.Load()
	z.pace.drained = r > 0 && r < n && z.trust.Load() == zioTrusted
	return r
}
