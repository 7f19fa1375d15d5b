// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix || (js && wasm) || wasip1 || windows

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// Waiting for a descriptor.
//
// With the submission core, rg and wg of a pollDesc hold no goroutine: they say
// whether the descriptor has become ready (pdReady) since somebody last looked
// (pdNil), and the goroutine is where zioDesc.r and zioDesc.w point to.
//
// Nothing falls between, because the two sides do the same in opposite order: the
// goroutine publishes its operation, then looks whether the descriptor is ready,
// closed or past its deadline; whoever makes it so says that, then looks for
// an operation.

// zioWait is what a goroutine that parks hands to its commit function. It is
// on the goroutine's stack, where buf follows a stack that grows; only once
// the goroutine is parked does the address become fixed.
type zioWait struct {
	op     *zioOp
	buf    unsafe.Pointer
	mode   int32
	waitio bool // nothing but readiness ends the wait
}

// zioSide returns what belongs to one of the two modes of pd.
//
//go:nowritebarrier
func (pd *pollDesc) zioSide(mode int32) (flag *atomic.Uintptr, slot *zioSlot) {
	if mode == 'w' {
		return &pd.wg, &pd.zio.w
	}
	return &pd.rg, &pd.zio.r
}

// zioBlock is netpollblock.
func zioBlock(pd *pollDesc, mode int32, waitio bool) bool {
	w := zioWait{mode: mode, waitio: waitio}
	return zioPark(pd, &w, zioOpReady, 0, 7) != zioEnded
}

// zioPark parks until pd is ready, and returns the result of the operation code
// if a backend performed it, zioRedo if the goroutine is to do so, and
// zioEnded if the wait ended for another reason.
func zioPark(pd *pollDesc, w *zioWait, code uint8, n int, traceskip int) int32 {
	flag, _ := pd.zioSide(w.mode)
	if flag.CompareAndSwap(pdReady, pdNil) {
		return zioRedo
	}
	if !w.waitio && netpollcheckerr(pd, w.mode) != pollNoError {
		return zioEnded
	}
	gp := getg()
	w.op = zioOpOf(gp)
	w.op.begin(pd, w.mode, code)
	w.op.len = uint32(n)
	scoped := gp.zioScope.scope != nil && !w.waitio && zioScopeBegin(gp, pd, w.mode)
	gopark(zioParkCommit, noescape(unsafe.Pointer(w)), waitReasonIOWait, traceBlockNet, traceskip)
	if scoped {
		zioScopeWaited(gp, w.op.res != zioEnded)
	}
	return w.op.end()
}

// zioParkCommit arms the operation of a goroutine that has just parked.
func zioParkCommit(gp *g, wp unsafe.Pointer) bool {
	w := (*zioWait)(wp)
	op, mode, waitio := w.op, w.mode, w.waitio
	pd := op.pd
	flag, _ := pd.zioSide(mode)
	op.buf = uintptr(w.buf)
	// As in netpollblockcommit.
	netpollAdjustWaiters(1)
	s := op.publish(zioStateArmed)
	zioStress()
	// From here the goroutine may run. It may even have closed pd, and
	// somebody may have opened it again; then the move fails.
	if flag.Load() != pdReady && (waitio || zioMayWait(gp, pd, mode)) || !op.move(s, zioStateIdle) {
		return true
	}
	netpollAdjustWaiters(-1)
	op.res = zioEnded
	if flag.CompareAndSwap(pdReady, pdNil) {
		op.res = zioRedo
	}
	return false
}

// zioUnblock is netpollunblock. Without ioready, pd.lock is held.
//
//go:nowritebarrier
func zioUnblock(pd *pollDesc, mode int32, ioready bool, delta *int32) *g {
	flag, slot := pd.zioSide(mode)
	if !ioready && pd.zio.flights != 0 {
		zioCancelFlights(pd, mode)
	}
	if op, s := slot.armed(); op != nil && op.move(s, zioStateDone) {
		return op.resume(ioready, delta)
	}
	if !ioready {
		return nil
	}
	zioStress()
	flag.Store(pdReady)
	op, s := slot.armed()
	if op == nil || !op.move(s, zioStateDone) {
		return nil
	}
	// It takes the readiness with it.
	flag.CompareAndSwap(pdReady, pdNil)
	return op.resume(true, delta)
}

// resume returns the goroutine of an operation that was armed and that the caller
// has taken to done.
//
//go:nowritebarrier
func (op *zioOp) resume(ioready bool, delta *int32) *g {
	op.res = zioEnded
	if ioready {
		op.res = zioRedo
	}
	*delta -= 1
	return op.gp.ptr()
}

// zioReady declares that the descriptor of pd is ready, as netpollready does.
// With lost, a short read does not mean an empty receive queue any more. A
// goroutine that waits to receive is not resumed: its operation goes into the
// batch b, if b is not nil.
//
//go:nowritebarrier
func zioReady(toRun *gList, pd *pollDesc, mode int32, lost bool, b *zioBatch) int32 {
	if lost {
		pd.zio.trust.Store(zioLost)
	}
	if b != nil && mode != 'w' && !pd.zio.pace.large {
		op, s := pd.zio.r.armed()
		if op != nil && op.code == zioOpRecv && op.move(s, zioStateQueued) {
			b.add(op)
			if mode == 'r' {
				return -1
			}
			return netpollready(toRun, pd, 'w') - 1
		}
	}
	return netpollready(toRun, pd, mode)
}

// zioClose ends the use of pd, which is closed.
func (pd *pollDesc) zioClose() {
	if pd.zio.r.op.Load() != 0 || pd.zio.w.op.Load() != 0 || pd.zio.flights != 0 {
		throw("runtime: zio: operation on closing polldesc")
	}
	if !pd.zio.file {
		zioClosed(pd.fd, pd)
	}
}
