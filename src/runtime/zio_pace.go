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

	// asker says that the program made the connection. Constant while it is open.
	asker bool

	// odds estimates how often an attempt to receive from a drained socket
	// finds something although nothing says so, in 256ths: see worthwhile.
	// skips counts those that were not made, answered is sends as of the
	// last receive.
	//
	// Also read by the goroutine that holds the write lock.
	odds     atomic.Uint8
	skips    uint8
	answered uint32

	// sends counts queued sends. Written by the goroutine that holds the
	// write lock.
	sends atomic.Uint32

	// asked counts sends that were not queued because the answer is expected at
	// once, since the last receive.
	asked atomic.Uint32
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

	// The next message on a connection that the program made answers what it
	// sends. On the same machine it is often there at once, since the kernel gives
	// the processor to whom it was sent to; and a goroutine that then goes on, rather
	// than to park, finds the caches of its peer warm, which is worth far more than an
	// attempt. Hits and misses come in bursts. So on such a connection attempts are made
	// from the start, and until fewer than one in ten finds something (zioAskerOdds).
	// Bench rows pgx-16, pgx-64.
	zioAskerFirst = 255
	zioAskerOdds  = 25

	// zioAsksMost is how many sends without an answer show that none is to be
	// expected.
	zioAsksMost = 16

	// One in zioProbeEvery attempts that are not worthwhile is made all the
	// same, to learn; one in zioProbeOften of those that would be if the P
	// was idle, and on connections that the program made. Powers of 2 that fit uint8.
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
		return true, false, !p.prompt() && !p.large && zioCapability(zioOpRecv) == zioNative
	}
	if p.worthwhile() {
		return true, true, false
	}
	zioCount(zioCountSkipped)
	return false, false, false
}

// worthwhile reports whether to attempt a receive from a drained socket.
func (p *zioPace) worthwhile() bool {
	least := p.busyOdds()
	// The goroutine may be preempted on the way; it is only a guess.
	if pp := getg().m.p.ptr(); pp.runqhead == pp.runqtail && pp.runnext == 0 {
		least = min(least, zioIdleOdds)
	}
	odds := p.odds.Load()
	if odds >= least {
		return true
	}
	p.skips++
	if p.asker || odds >= zioIdleOdds {
		return p.skips%zioProbeOften == 0
	}
	return p.skips%zioProbeEvery == 0
}

// learn notes whether an attempt to receive from a drained socket found
// something. If a send was queued in between, the time that it took says nothing
// of the peer.
func (p *zioPace) learn(found bool) {
	odds := p.odds.Load()
	if found && p.answered == p.sends.Load() {
		odds += (255 - odds) / 8
	} else {
		odds -= uint8((uint(odds) + 7) / 8)
	}
	p.odds.Store(odds)
}

// ask says that the program made the connection.
func (p *zioPace) ask() {
	p.asker = true
	p.odds.Store(zioAskerFirst)
}

// busyOdds returns from which odds a P attempts that has other goroutines to run.
func (p *zioPace) busyOdds() uint8 {
	if p.asker {
		return zioAskerOdds
	}
	return zioBusyOdds
}

// prompt reports whether attempts are worthwhile on a busy P.
func (p *zioPace) prompt() bool {
	return p.odds.Load() >= p.busyOdds()
}

// asks reports whether a send is not to be queued, since the answer is likely to be
// there at once: it would wait for the batch. Who only sends gets no answers.
func (p *zioPace) asks() bool {
	if !p.asker {
		return false
	}
	n := p.asked.Load()
	if n == zioAsksMost || !p.prompt() {
		return false
	}
	p.asked.StoreRelease(n + 1)
	return true
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
	if z.pace.asked.Load() != 0 {
		z.pace.asked.StoreRelease(0)
	}
	z.pace.drained = r > 0 && r < n && z.trust.Load() == zioTrusted
	return r
}
