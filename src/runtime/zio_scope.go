// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/goarch"
	"internal/goexperiment"
	"internal/runtime/atomic"
	"unsafe"
)

// Scopes: what package zio cancels. The package owns scopes, their causes and the
// tree; here is the current scope of a goroutine, and the end of a wait.
//
// A scope is canceled when its cause is set, once. A goroutine pulls: before it
// waits, and again after its wait is published, it looks at its scope and the
// ones around it. A canceller pushes: it sets the cause, and then ends the wait
// of the goroutines that may be below the scope. Since each writes first and
// looks then, a cancel cannot fall between.
//
// A wait that can be canceled is published in zioScopeG.state:
//
//	state | meaning                                       | leaves it by
//	------+-----------------------------------------------+-------------------------
//	none  | no such wait                                  | goroutine: on
//	on    | about to park, parked, or resumed             | goroutine: none
//	      |                                               | canceller: busy
//	busy  | a canceller looks at the goroutine, which     | canceller: on
//	      | does not leave the wait meanwhile             |
//
// While the state is busy the goroutine's scopes, and the wait's operation, stay
// what they are. Whether the canceller or something else ends the wait is decided
// where waits of that kind are decided: see zioScopeEnd.

// zioScope is the head of a scope of package zio, which must match.
type zioScope struct {
	cause  unsafe.Pointer // accessed atomically; set once
	outer  *zioScope      // constant while the scope is current, as are gp and shield
	gp     guintptr       // the goroutine that opened the scope
	tasks  guintptr       // those of its group that have waited; protected by lock
	ntasks int32          // likewise
	shield bool           // scopes further out do not matter
	_      [zioLockSize - unsafe.Sizeof(mutex{})]byte
	lock   mutex
}

// zioLockSize is the room for a mutex in package zio.
const zioLockSize = (1 + goexperiment.StaticLockRankingInt) * goarch.PtrSize

// zioScopeG is the part of a g. Only the goroutine writes to it, except for state;
// others read it while state is busy.
type zioScopeG struct {
	scope *zioScope
	pd    uintptr // the *pollDesc that is waited for; in a coroutine's place, its *g

	// group is the scope of the group whose task it is, nil if it is none. Tasks that
	// have waited are in a list, protected by the lock of group. The prev of the
	// first is itself, so that who is in no list has none.
	group      *zioScope
	next, prev guintptr

	state atomic.Uint32

	mode uint8 // of the wait, 'r' or 'w', or zioWaitCoro

	// interrupted says that the wait that just ended was ended by a cancel.
	interrupted bool

	// refused counts operations that the current scope has refused.
	refused uint16
}

// States of zioScopeG.state.
const (
	zioWaitNone = iota
	zioWaitOn
	zioWaitBusy
)

// canceled reports whether s is canceled, or one around it.
//
//go:nosplit
func (s *zioScope) canceled() bool {
	for ; s != nil; s = s.outer {
		if atomic.Loadp(unsafe.Pointer(&s.cause)) != nil {
			return true
		}
		if s.shield {
			break
		}
	}
	return false
}

// below reports whether s is scope, or inside of it with no shield between.
func (s *zioScope) below(scope *zioScope) bool {
	for ; s != nil; s = s.outer {
		if s == scope {
			return true
		}
		if s.shield {
			break
		}
	}
	return false
}

// begin publishes a wait of gp, which is the current goroutine and has a scope.
// After it the caller looks at the scope before it parks. What is called here is no
// deeper than what parks, so that a task needs no larger stack than any goroutine.
//
//go:nosplit
func (z *zioScopeG) begin(gp *g, pd uintptr, mode uint8) {
	z.pd, z.mode = pd, mode
	if z.group != nil && z.prev == 0 {
		systemstack(func() { z.link(gp) })
	}
	z.state.Store(zioWaitOn)
	zioStress()
}

// end takes a wait back.
func (z *zioScopeG) end() {
	for spins := 0; !z.state.CompareAndSwap(zioWaitOn, zioWaitNone); spins++ {
		zioScopeSpin(spins)
	}
}

// zioScopeSpin passes the time until somebody else changes a state. That takes a
// few instructions, unless the kernel has taken the processor.
func zioScopeSpin(spins int) {
	if spins < 30 {
		procyield(10)
	} else {
		osyield()
	}
}

// hold keeps gp in its wait, and reports whether it is in one. The caller cannot be
// preempted, and calls release soon.
func (z *zioScopeG) hold() bool {
	for spins := 0; ; spins++ {
		switch z.state.Load() {
		case zioWaitNone:
			return false
		case zioWaitOn:
			if z.state.CompareAndSwap(zioWaitOn, zioWaitBusy) {
				return true
			}
		default:
			zioScopeSpin(spins)
		}
	}
}

func (z *zioScopeG) release() {
	z.state.Store(zioWaitOn)
}

// zioScopeWake ends the wait of gp if it is below s, which has been canceled.
// gp may be any g that was ever one of s; what it does now is looked at.
//
//go:linkname zioScopeWake zio.runtime_wake
func zioScopeWake(s *zioScope, gp guintptr) {
	mp := acquirem() // a goroutine that is held spins
	z := &gp.ptr().zioScope
	if z.hold() {
		zioStress()
		ready := false
		if z.mode == zioWaitCoro {
			zioScopeWake(s, guintptr(z.pd))
		} else {
			ready = z.scope.below(s) && zioScopeEnd(gp.ptr())
		}
		zioStress()
		z.release()
		if ready {
			zioStress()
			goready(gp.ptr(), 1)
		}
	}
	releasem(mp)
}

// zioScopeNano returns the time of the clock that the goroutine's timers go by.
//
//go:linkname zioScopeNano zio.runtime_nano
func zioScopeNano() int64 {
	return time_runtimeNano()
}

// zioScopeBubbled reports whether the goroutine is in a bubble.
//
//go:linkname zioScopeBubbled zio.runtime_bubbled
func zioScopeBubbled() bool {
	return getg().bubble != nil
}

// zioScopeCurrent returns the scope of the goroutine, or nil.
//
//go:linkname zioScopeCurrent zio.runtime_current
func zioScopeCurrent() *zioScope {
	return getg().zioScope.scope
}

// zioScopeEnter makes s the scope of the goroutine, in the one that is.
//
//go:linkname zioScopeEnter zio.runtime_enter
func zioScopeEnter(s *zioScope) {
	gp := getg()
	s.gp.set(gp)
	s.outer = gp.zioScope.scope
	gp.zioScope.scope = s
	gp.zioScope.refused = 0
}

// zioScopeLeave undoes zioScopeEnter. It reports whether s was the scope of the
// goroutine.
//
//go:linkname zioScopeLeave zio.runtime_leave
func zioScopeLeave(s *zioScope) bool {
	gp := getg()
	if gp.zioScope.scope != s {
		return false
	}
	gp.zioScope.scope = s.outer
	gp.zioScope.refused = 0
	return true
}

// zioScopeShield takes the goroutine out of its scope, for work that others rely on,
// and zioScopeUnshield puts it back.
//
//go:linkname zioScopeShield sync.runtime_zioShield
func zioScopeShield() *zioScope {
	gp := getg()
	s := gp.zioScope.scope
	gp.zioScope.scope = nil
	return s
}

//go:linkname zioScopeUnshield sync.runtime_zioUnshield
func zioScopeUnshield(s *zioScope) {
	getg().zioScope.scope = s
}

// zioScopeCanceled reports whether the goroutine is in a scope, and whether it is
// canceled.
//
//go:linkname zioScopeCanceled internal/poll.runtime_zioScoped
func zioScopeCanceled() (scoped, canceled bool) {
	s := getg().zioScope.scope
	return s != nil, s.canceled()
}

// zioEverybody is the scope that a goroutine gets when it is started, nil if it gets
// none. Coroutines have that of their caller, and what is shared with others must not be
// used in a bubble.
var zioEverybody *zioScope

// zioScopeEverybody puts this goroutine, and all that are started later, into s, which is
// never canceled: GODEBUG=zioscope=1.
//
//go:linkname zioScopeEverybody zio.runtime_everybody
func zioScopeEverybody(s *zioScope) {
	zioEverybody = s
	getg().zioScope.scope = s
}

// zioScopeShown reports whether a dump says that gp is in a canceled scope. The scope of
// a goroutine that runs while others are shown may have ended.
func zioScopeShown(gp *g) bool {
	if readgstatus(gp)&^_Gscan == _Grunning && gp != getg().m.curg {
		return false
	}
	return gp.zioScope.scope.canceled()
}

// zioScopeRefused counts an operation that was refused, and returns how many were
// since the goroutine entered or left a scope.
//
//go:linkname zioScopeRefused zio.runtime_refused
func zioScopeRefused() int {
	z := &getg().zioScope
	if z.refused < 1<<16-1 {
		z.refused++
	}
	return int(z.refused)
}
