// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// The queue of a P: operations that its goroutines parked with, to be performed
// by one system call.

// zioP is the submission core's part of a p.
type zioP struct {
	ring  *zioRing    // nil until the first operation is queued; not in the heap
	late  atomic.Bool // sysmon saw that queued operations are late, and preempts the P
	retry uint32      // sends to perform directly until another ring is tried for, after one could not be had
	tick  uint32      // calls of zioTick
	count zioCounters

	// slice is the goroutine that sysmon saw running. Only sysmon uses it.
	slice struct {
		tick uint32
		when int64
	}
}

// zioQueue queues an operation on this P's ring if other goroutines are about
// to run here, parks until it was performed and returns the result. If nothing
// else is about to run, a ring saves nothing and it returns zioRedo.
func zioQueue(pd *pollDesc, op *zioOp, opcode uint8, buf unsafe.Pointer, n int) int {
	mp := acquirem()
	pp := mp.p.ptr()
	z := &pp.zio
	// A goroutine in runnext was made ready by this one, and works with it:
	// it would run now, before this one is done with its part.
	if mp.lockedg != 0 || pp.runnext != 0 || runqempty(pp) && !zioQueued(pp) || !zioMayQueue(pp) {
		releasem(mp)
		return zioRedo
	}
	if z.ring == nil {
		if z.retry != 0 {
			z.retry--
			releasem(mp)
			return zioRedo
		}
		if z.ring = zioRingNew(); z.ring == nil {
			z.retry = zioRingRetry
			releasem(mp)
			return zioRedo
		}
	}
	z.count.submitted++
	releasem(mp)

	gp := getg()
	op.len = uint32(n)
	op.kind = zioOpQueued
	op.done = false
	op.res = zioRedo
	op.gp.set(gp)
	gp.zioInFlight = true
	w := zioWait{pd, op, buf, opcode}
	gopark(zioQueueCommit, noescape(unsafe.Pointer(&w)), waitReasonIOSubmit, traceBlockNet, 4)
	KeepAlive(w.buf)
	gp.zioInFlight = false
	op.kind = zioOpNone
	zioCount(zioCountCompleted)
	return int(op.res)
}

// zioQueueCommit puts the operation of a goroutine that has just parked on the
// ring of its P.
func zioQueueCommit(gp *g, wp unsafe.Pointer) bool {
	w := (*zioWait)(wp)
	w.op.buf = uintptr(w.buf)
	r := getg().m.p.ptr().zio.ring
	if r == nil || !r.tryLock() {
		// The goroutine was preempted since and parks on another P,
		// or sysmon is flushing this ring: perform it directly.
		return false
	}
	var list gList
	if r.queued.Load() == 0 {
		r.since.Store(nanotime())
	}
	r.add(w.opcode, w.pd, w.op)
	q := r.queued.Load()
	if q == zioRingSize || q%zioLookEvery == 0 && nanotime()-r.since.Load() > zioMaxAge {
		r.run(&list)
	}
	r.unlock()
	injectglist(&list)
	return true
}

// zioQueued reports whether operations are queued on pp.
//
//go:nosplit
func zioQueued(pp *p) bool {
	r := pp.zio.ring
	return r != nil && r.queued.Load() != 0
}

// zioMayQueue reports whether operations may be queued on pp, whose M this is:
// only if the next goroutine is not known to compute for long, sysmon will look
// within zioSysmonCalm, and it can then preempt whoever keeps the P.
func zioMayQueue(pp *p) bool {
	if !zioSysmonAlert() || !preemptMSupported || debug.asyncpreemptoff != 0 {
		return false
	}
	h := atomic.LoadAcq(&pp.runqhead)
	if h == pp.runqtail {
		return true
	}
	// The goroutine may have been stolen and even be gone, but a g is never
	// freed, and this is only a guess.
	gp := pp.runq[h%uint32(len(pp.runq))].ptr()
	return gp == nil || gp.zioLong.Load() == 0
}

// zioFlush performs the operations queued on pp. If it cannot lock the ring,
// sysmon is doing it.
func zioFlush(pp *p, toRun *gList) {
	r := pp.zio.ring
	if r == nil || r.queued.Load() == 0 || !r.tryLock() {
		return
	}
	if r.queued.Load() != 0 {
		r.run(toRun)
	}
	r.unlock()
	if pp.zio.late.Load() {
		pp.zio.late.Store(false)
	}
}
