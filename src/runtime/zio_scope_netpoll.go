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
func zioScopeErr(gp *g, pd *pollDesc, mode int32) int {
	interrupted := gp.zioScope.interrupted
	gp.zioScope.interrupted = false
	if !zioScopeWaits(pd, mode) || !gp.zioScope.scope.canceled() {
		zioStress() // before the goroutine parks, perhaps
		return pollNoError
	}
	if interrupted {
		return pollErrCanceled
	}
	return pollErrRefused
}

// zioScopeWaits reports whether a wait for pd can be canceled. On windows it is
// the kernel that performs the operation, and it has to be asked first. What
// reads a file, or reaps a child, is not prepared for it. Who writes to standard
// output or error says most often how things end.
func zioScopeWaits(pd *pollDesc, mode int32) bool {
	switch {
	case GOOS == "windows", pd.zio.kind == zioOnFile, pd.zio.kind == zioOnChild:
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
func zioScopeBegin(gp *g, pd *pollDesc, mode int32) bool {
	if !zioScopeWaits(pd, mode) {
		return false
	}
	gp.zioScope.pd = uintptr(unsafe.Pointer(pd))
	gp.zioScope.mode = uint8(mode)
	gp.zioScope.begin(gp)
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
// resumes it.
func zioScopeEnd(gp *g) bool {
	if zioOn() {
		op := gp.zioOp
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
