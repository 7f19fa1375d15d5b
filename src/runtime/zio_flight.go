// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix || (js && wasm) || wasip1 || windows

package runtime

import "unsafe"

// Operations in flight: those that may take long in the kernel, on files.
//
// A goroutine's operation goes through the batch of its P, as an attempt does,
// but performing the batch only gives it to the kernel. Its completion comes
// with readiness, to whoever polls.
//
// A file has a pollDesc too, though no poller knows it: its deadlines, its
// closing and its lock are what an operation in flight needs. zioDesc.flights
// lists the operations, protected by the lock, from before they are published until
// their goroutines have been resumed, so that a deadline or Close finds them.
//
// The steps are in opposite order here, too: the goroutine publishes its operation
// as queued and then looks whether the file is closed or past its deadline; who
// closes it or lets the deadline pass says so and then looks for operations.

// poll_zioFileCan reports whether the backend has operations in flight. A
// backend has been chosen.
//
//go:linkname poll_zioFileCan internal/poll.runtime_zioFileCan
func poll_zioFileCan() bool {
	return zioCapability(zioOpRead) == zioInflight
}

// poll_zioFileOpen is pollOpen for a file that cannot be polled. It does not fail.
//
//go:linkname poll_zioFileOpen internal/poll.runtime_zioFileOpen
func poll_zioFileOpen(fd uintptr) (*pollDesc, int) {
	zioPrepare()
	pd := pollcache.alloc()
	lock(&pd.lock)
	pd.fd = fd
	if pd.fdseq.Load() == 0 {
		pd.fdseq.Store(1) // as in pollOpen
	}
	pd.closing = false
	pd.setEventErr(false, 0)
	pd.rseq++
	pd.rg.Store(pdNil)
	pd.rd = 0
	pd.wseq++
	pd.wg.Store(pdNil)
	pd.wd = 0
	pd.self = pd
	pd.zio.reset()
	pd.zio.kind = zioOnFile
	pd.zio.file = true
	pd.publishInfo()
	unlock(&pd.lock)
	return pd, 0
}

// poll_zioFileOp performs code, zioOpRead and so on, on the file of pd, for n bytes at
// buf and at offset off of the file. It returns the count, a negated error
// number, zioRedo when the caller must use an ordinary system call, or zioErrBase
// minus a pollErr code. The caller holds a reference to the descriptor.
//
//go:linkname poll_zioFileOp internal/poll.runtime_zioFileOp
func poll_zioFileOp(pd *pollDesc, code uint8, buf unsafe.Pointer, n int, off int64) int {
	gp := getg()
	if n > 1<<30 || gp.lockedm != 0 || zioCapability(code) != zioInflight || buf != nil && !zioResident(buf, n) {
		return zioRedo
	}
	op := zioOpOf(gp)
	gp.zioPinned = true
	w := zioWait{op: op, buf: buf, mode: zioModeOf(code)}
	r := int32(zioEnded)
	for r == zioEnded {
		if err := zioFileErr(gp, pd, w.mode); err != pollNoError {
			r = int32(zioErrBase - err)
			break
		}
		if !zioFlightReady() {
			r = zioRedo
			break
		}
		lock(&pd.lock)
		op.link(pd, w.mode, code)
		unlock(&pd.lock)
		op.len, op.word = uint32(n), uint64(off)
		scoped := gp.zioScope.scope != nil
		if scoped {
			gp.zioScope.begin(gp, uintptr(unsafe.Pointer(pd)), uint8(w.mode))
		}
		gopark(zioFlightCommit, noescape(unsafe.Pointer(&w)), waitReasonIOWait, traceBlockNet, 4)
		if scoped {
			zioScopeWaited(gp, op.res != zioEnded)
		}
		lock(&pd.lock)
		op.unlink()
		unlock(&pd.lock)
		if r = op.res; r == zioEnded {
			zioCount(zioCountCanceled)
		} else {
			zioCount(zioCountCompleted)
		}
	}
	gp.zioPinned = false
	KeepAlive(w.buf)
	return int(r)
}

// zioModeOf returns the mode whose deadline ends code.
func zioModeOf(code uint8) int32 {
	if code == zioOpRead {
		return 'r'
	}
	return 'w'
}

// zioFlightReady makes sure that this P can give operations to the kernel.
func zioFlightReady() bool {
	mp := acquirem()
	z := &mp.p.ptr().zio
	b := z.wantBatch()
	if b != nil && b.flight == nil && z.mayRetry() {
		if b.flight = zioFlightNew(); b.flight == nil {
			z.retry = zioBatchRetry
		}
	}
	ok := b != nil && b.flight != nil
	if ok {
		z.count.submitted++
	}
	releasem(mp)
	return ok
}

// link begins a use of op, on the file of pd, whose lock is held.
func (op *zioOp) link(pd *pollDesc, mode int32, code uint8) {
	op.next(pd, mode, code)
	op.res = zioRedo
	op.nextFlight, op.prevFlight = pd.zio.flights, 0
	if next := zioFlightOp(op.nextFlight); next != nil {
		next.prevFlight = op.id + 1
	}
	pd.zio.flights = op.id + 1
}

// zioFlightOp returns the operation that nextFlight, prevFlight and zioDesc.flights
// mean, nil for none.
//
//go:nowritebarrier
func zioFlightOp(n uint32) *zioOp {
	if n == 0 {
		return nil
	}
	return zioOpByID(n - 1)
}

// unlink ends the use. The lock is held.
func (op *zioOp) unlink() {
	if next := zioFlightOp(op.nextFlight); next != nil {
		next.prevFlight = op.prevFlight
	}
	if prev := zioFlightOp(op.prevFlight); prev != nil {
		prev.nextFlight = op.nextFlight
	} else {
		op.pd.zio.flights = op.nextFlight
	}
	op.idle()
}

// zioFlightCommit puts the operation of a goroutine that has just parked into the
// batch of its P, which is performed at once if nothing else is to run here.
func zioFlightCommit(gp *g, wp unsafe.Pointer) bool {
	w := (*zioWait)(wp)
	op, mode := w.op, w.mode
	pd := op.pd
	op.buf = uintptr(w.buf)
	pp := getg().m.p.ptr()
	b := pp.zio.batch
	if b == nil || b.flight == nil || !b.tryLock() {
		return false // see zioQueueCommit
	}
	var list gList
	s := op.publish(zioStateQueued)
	if !zioFileMayWait(gp, pd, mode) && op.move(s, zioStateIdle) {
		b.unlock()
		op.res = zioEnded
		return false
	}
	switch {
	case b.queue(op) || runqempty(pp) || !zioMayQueue(pp):
		b.perform(&list)
	case b.starves():
		b.start(&list)
	}
	b.unlock()
	injectglist(&list)
	return true
}

// zioCancelFlights asks for the end of all operations on the file of pd that the
// deadline of mode ends. pd.lock is held.
//
//go:nowritebarrier
func zioCancelFlights(pd *pollDesc, mode int32) {
	for op := zioFlightOp(pd.zio.flights); op != nil; op = zioFlightOp(op.nextFlight) {
		if int32(op.mode) == mode {
			op.cancel()
		}
	}
}

// cancel asks for the end of an operation that is linked, or whose goroutine is held in
// its wait. It has exactly one end all the same, and may succeed.
//
//go:nowritebarrier
func (op *zioOp) cancel() {
	for {
		s := op.state.Load()
		switch s & zioStateMask {
		case zioStateArmed:
			// It waits for a place (zio_pool.go).
			if op.move(s, zioStateDone) {
				op.res = zioEnded
				netpollAdjustWaiters(-1)
				goready(op.gp.ptr(), 1)
				return
			}
		case zioStateQueued:
			// Who performs the batch sees it.
			if op.move(s, zioStateCanceling) {
				return
			}
		case zioStateInflight:
			if op.move(s, zioStateCanceling) {
				zioCancel(op)
				return
			}
		default:
			return // not yet published, asked already, or at its end
		}
	}
}

// launch takes an operation from queued to inflight, when it is about to be given to
// the kernel. If it was canceled before, it ends it and returns false.
//
//go:nowritebarrier
func (op *zioOp) launch(toRun *gList) bool {
	s := op.state.Load()
	if s&zioStateMask == zioStateQueued && op.move(s, zioStateInflight) {
		netpollAdjustWaiters(1)
		return true
	}
	op.finish(zioEnded, toRun)
	return false
}

// land ends an operation that was launched and that the kernel has done with.
//
//go:nowritebarrier
func (op *zioOp) land(res int32, toRun *gList) {
	if res == zioEnded && op.state.Load()&zioStateMask != zioStateCanceling {
		// Nobody asked for it: the thread that submitted it has exited.
		res = zioRedo
	}
	netpollAdjustWaiters(-1)
	op.finish(res, toRun)
}
