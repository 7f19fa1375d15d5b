// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix || (js && wasm) || wasip1 || windows

package runtime

import "unsafe"

// Cancelation of a goroutine that waits for a descriptor. To it a canceled scope is
// like a deadline that has passed: the same places look at both.

// Codes beside those of netpoll.go. They must match internal/poll's.
const (
	pollErrCanceled = 4 // a cancel ended the wait
	pollErrRefused  = 5 // the scope was canceled before; nothing was done
)

// zioScopeErr is the part of netpollcheckerr for goroutines with a scope.
//
//go:nosplit
func zioScopeErr(gp *g, pd *pollDesc, mode int32) int {
	if !zioScopeWaits(pd, mode) {
		gp.zioScope.interrupted = false
		return pollNoError
	}
	return gp.zioScope.err()
}

// err returns what the scope of the current goroutine says to an operation that is
// about to wait, or whose wait has just ended.
//
//go:nosplit
func (z *zioScopeG) err() int {
	interrupted := z.interrupted
	z.interrupted = false
	if !z.scope.canceled() {
		zioStress() // before the goroutine parks, perhaps
		return pollNoError
	}
	if interrupted {
		return pollErrCanceled
	}
	return pollErrRefused
}

// zioFileErr is netpollcheckerr for an operation on a file that is about to wait. What
// does not wait, as a read from the page cache, does not ask: programs read files
// while they clean up.
func zioFileErr(gp *g, pd *pollDesc, mode int32) int {
	scoped := pollNoError
	if gp.zioScope.scope != nil {
		scoped = gp.zioScope.err()
	}
	err := netpollcheckerr(pd, mode)
	if scoped != pollNoError && err != pollErrClosing {
		return scoped
	}
	return err
}

// zioFileMayWait is zioMayWait for an operation on a file.
//
//go:nowritebarrier
func zioFileMayWait(gp *g, pd *pollDesc, mode int32) bool {
	if s := gp.zioScope.scope; s != nil {
		zioStress()
		if s.canceled() {
			return false
		}
	}
	return netpollcheckerr(pd, mode) == pollNoError
}

// zioScopeWaits reports whether a wait for pd can be canceled. On windows it is
// the kernel that performs the operation, and it has to be asked first. Operations
// on files ask by zioFileErr. Who writes to standard output or error says most often
// how things end.
func zioScopeWaits(pd *pollDesc, mode int32) bool {
	if GOOS == "windows" || pd.zio.kind == zioOnFile {
		return false
	}
	return mode != 'w' || pd.fd != 1 && pd.fd != 2
}

// zioMayWait reports whether gp, which has just parked, may stay so: for the
// commit function, which runs on another stack.
//
//go:nowritebarrier
func zioMayWait(gp *g, pd *pollDesc, mode int32) bool {
	if s := gp.zioScope.scope; s != nil && zioScopeWaits(pd, mode) {
		zioStress()
		if s.canceled() {
			return false
		}
	}
	return netpollcheckerr(pd, mode) == pollNoError
}

// zioScopeBegin publishes a wait of the current goroutine for pd, and reports
// whether it did; zioScopeWaited takes it back. Once a canceller can end the wait
// the goroutine looks at its scope: with the submission core after its operation is
// armed, without after rg or wg is pdWait.
//
//go:nosplit
func zioScopeBegin(gp *g, pd *pollDesc, mode int32) bool {
	if !zioScopeWaits(pd, mode) {
		return false
	}
	gp.zioScope.begin(gp, uintptr(unsafe.Pointer(pd)), uint8(mode))
	return true
}

// zioScopeWaited takes a wait back. ready says that it has ended otherwise than by
// a cancel.
func zioScopeWaited(gp *g, ready bool) {
	zioStress()
	gp.zioScope.end()
	gp.zioScope.interrupted = !ready
}

// zioScopeEnd ends the wait of gp, which is held, and reports whether the caller
// has to resume it: not if it is not parked yet, and not if something else
// resumes it. An operation in flight, or queued to be so, has its own end.
func zioScopeEnd(gp *g) bool {
	if zioOn() {
		op := gp.zioOp
		if op.code >= zioOpRead {
			op.cancel()
			return false
		}
		s := op.state.Load()
		if s&zioStateMask != zioStateArmed || !op.move(s, zioStateDone) {
			return false
		}
		op.res = zioEnded
		netpollAdjustWaiters(-1)
		return true
	}
	pd := (*pollDesc)(unsafe.Pointer(gp.zioScope.pd))
	gpp := &pd.rg
	if gp.zioScope.mode == 'w' {
		gpp = &pd.wg
	}
	for {
		switch gpp.Load() {
		case pdWait:
			// netpollblockcommit will find pdNil.
			if gpp.CompareAndSwap(pdWait, pdNil) {
				return false
			}
		case uintptr(unsafe.Pointer(gp)):
			if gpp.CompareAndSwap(uintptr(unsafe.Pointer(gp)), pdNil) {
				netpollAdjustWaiters(-1)
				return true
			}
		default:
			return false
		}
	}
}
