// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio

import (
	"errors"
	"internal/goexperiment"
	"internal/poll"
	"sync/atomic"
	"time"
	_ "unsafe" // for go:linkname
)

// The seam to package runtime; see runtime/zio_scope.go.

// A scope is what can be canceled. The first fields are known to package runtime
// as zioScope, which must match.
type scope struct {
	cause  atomic.Pointer[cause] // nil until the scope is canceled or has ended; set once
	outer  *scope                // constant from enter on, as are gp and shield
	gp     uintptr               // the goroutine that opened the scope
	tasks  uintptr               // for the runtime
	ntasks int32                 // likewise
	shield bool                  // scopes further out do not matter inside

	group bool // it is that of a group; constant

	// pinned says that somebody may keep a pointer to the scope after it has
	// ended, so that it cannot be used again. It is written by the goroutine
	// that opened the scope, or before others know the scope.
	pinned bool

	lock [1 + goexperiment.StaticLockRankingInt]uintptr // for the runtime

	node atomic.Pointer[node]
	more *more // constant once others know the scope, as is what it has; nil in most groups
}

// more is what a scope has beside that.
type more struct {
	clock // of the deadline

	// when is the deadline by the runtime's clock, 0 if there is none, and at the
	// time it was given as, or the zero time. SetDeadline does not change them.
	when int64
	at   time.Time

	name  string
	slots chan struct{} // of Limit, or nil
	grace time.Duration
	binding
}

// extend returns the rest of s, which nobody else knows yet.
func (s *scope) extend() *more {
	if s.more == nil {
		s.more = &more{grace: defaultGrace}
	}
	return s.more
}

// runtime_current returns the scope of the goroutine.
//
//go:linkname runtime_current
func runtime_current() *scope

// runtime_enter makes s the scope of the goroutine, inside the one that is.
//
//go:linkname runtime_enter
func runtime_enter(s *scope)

// runtime_leave undoes runtime_enter, and reports whether s was the scope of the
// goroutine.
//
//go:linkname runtime_leave
func runtime_leave(s *scope) bool

// runtime_start makes the goroutine a task of the group of s, and runtime_finish
// undoes it and returns s.
//
//go:linkname runtime_start
func runtime_start(s *scope)

//go:linkname runtime_finish
func runtime_finish() *scope

// runtime_task returns the scope of the group whose task the goroutine is, or nil.
//
//go:linkname runtime_task
func runtime_task() *scope

// runtime_wake ends the wait of the goroutine gp, if there is one and it is below
// s, which is canceled. It may be called on the system stack.
//
//go:linkname runtime_wake
func runtime_wake(s *scope, gp uintptr)

// runtime_tasks stores the goroutines of those tasks of the group of s that have
// waited, and returns how many there are.
//
//go:linkname runtime_tasks
//go:noescape
func runtime_tasks(s *scope, buf []uintptr) int

// runtime_refused counts an operation that was refused, and returns how many were
// since the goroutine entered or left a scope.
//
//go:linkname runtime_refused
func runtime_refused() int

// runtime_join waits until runtime_joined is called with the same address, which is
// done once.
//
//go:linkname runtime_join
func runtime_join(addr *uintptr)

//go:linkname runtime_joined
func runtime_joined(addr *uintptr)

// runtime_stress delays, with GODEBUG=ziostress.
//
//go:linkname runtime_stress
func runtime_stress()

// runtime_everybody makes s the scope of the goroutine and of all that are started later.
//
//go:linkname runtime_everybody
func runtime_everybody(s *scope)

// Timers, as package time makes them: the callback runs on the system stack and
// must not block.

//go:linkname newTimer time.newTimer
func newTimer(when, period int64, f func(any, uintptr, int64), arg any, c *byte) *time.Timer

//go:linkname stopTimer time.stopTimer
func stopTimer(*time.Timer) bool

//go:linkname resetTimer time.resetTimer
func resetTimer(t *time.Timer, when, period int64) bool

// runtime_nano returns the time of the clock that timers go by.
//
//go:linkname runtime_nano
func runtime_nano() int64

// runtime_bubbled reports whether the goroutine is in a bubble of testing/synctest.
//
//go:linkname runtime_bubbled
func runtime_bubbled() bool

//go:linkname io_scopeDone io.zioScopeDone
var io_scopeDone func() <-chan struct{}

//go:linkname io_scopeError io.zioScopeError
var io_scopeError func(interrupted bool) error

func init() {
	poll.ScopeError = func(interrupted bool) error { return refuse(interrupted) }
	poll.ScopeDone = Done
	io_scopeDone, io_scopeError = poll.ScopeDone, poll.ScopeError
	poll.ScopeCanceled = func(err error) bool {
		var e *CanceledError
		return errors.As(err, &e)
	}
	poll.ScopeAfter = func() func(f func(error)) func() {
		if runtime_current() == nil {
			return nil
		}
		return Self().afterErr
	}
}
