// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio

import (
	"sync/atomic"
	"time"
)

// A clock is the timer of a scope. To stop a timer and to start it again costs more than
// to read a socket, so the timer of a scope that ends before a deadline that is near
// stays as it is, and the next use of the scope finds it: if it has a later deadline, it
// is left to the timer to see that, when it fires.
//
// The state is one word, so that it is decided whether the scope ends or expires:
//
//	state           | meaning                               | leaves it by
//	----------------+---------------------------------------+--------------------------
//	0               | the timer does not matter             | owner: used
//	when, clockUsed | the scope expires at when; the timer  | owner: when, or 0
//	                | fires then, or before                 | timer: clockExpired
//	when            | the scope is not in use; the timer    | owner: used
//	                | fires at when, or before              | timer: 0
//	clockExpired    | the timer cancels the scope           |
//
// The owner is who has the scope, or the lock of its node.
type clock struct {
	state atomic.Int64 // a time, shifted by one, with clockUsed or without; or one of the others
	timer *time.Timer  // made on first use; constant
	keep  bool         // the timer is not stopped by idle; the owner's
}

const (
	clockUsed    = 1
	clockExpired = -1
)

// clockKeep is how far off a deadline may be for its timer not to be stopped. One that is
// pending keeps the scope in memory, and the program from finding that all its goroutines
// wait for each other.
const clockKeep = 10 * time.Second

// arm sets the deadline of s, which has just been opened, to d from now.
func (s *scope) arm(d time.Duration) {
	m := s.more
	m.when = deadline(d)
	if d <= 0 {
		s.cancel(&deadlineCause)
		return
	}
	m.keep = d <= clockKeep
	old := m.state.Swap(m.when<<1 | clockUsed)
	if old == 0 || old > m.when<<1 {
		if m.timer == nil {
			m.timer = newTimer(m.when, 0, expire, s, nil)
		} else {
			resetTimer(m.timer, m.when, 0)
		}
	}
}

// deadline returns the time in d, by the clock that timers go by.
func deadline(d time.Duration) int64 {
	when := runtime_nano() + int64(d)
	if when < 0 || when > 1<<62-1 {
		when = 1<<62 - 1 // what a state has room for
	}
	return when
}

// idle says that the scope ends. It reports whether it has not expired, so that it can be
// used again.
func (c *clock) idle() bool {
	st := c.state.Load()
	switch {
	case st == 0:
		return true
	case st == clockExpired:
		return false
	case c.keep:
		return c.state.CompareAndSwap(st, st&^clockUsed)
	case !c.state.CompareAndSwap(st, 0):
		return false
	}
	stopTimer(c.timer) // if it fires, it finds the 0
	return true
}

// disarm has the timer cancel nothing, unless it does already.
func (m *more) disarm() {
	if m == nil {
		return
	}
	if st := m.state.Load(); st > 0 && m.state.CompareAndSwap(st, 0) {
		stopTimer(m.timer)
	}
}

// expire is called by the timer of a scope.
func expire(arg any, _ uintptr, _ int64) {
	s := arg.(*scope)
	m := s.more
	for {
		st := m.state.Load()
		runtime_stress()
		switch when := st >> 1; {
		case st <= 0:
			return
		case st&clockUsed == 0:
			if m.state.CompareAndSwap(st, 0) {
				return
			}
		case when > runtime_nano():
			// If the scope has another deadline meanwhile, the timer is to
			// have that.
			resetTimer(m.timer, when, 0)
			if m.state.Load() == st {
				return
			}
		case m.state.CompareAndSwap(st, clockExpired):
			s.expired()
			return
		}
	}
}

// expireMoved is called by the timer of a deadline that SetDeadline has set. That is of one
// scope only, which is not used again.
func expireMoved(arg any, _ uintptr, _ int64) {
	arg.(*scope).expired()
}

// expired cancels s, whose deadline has passed. It must not block.
func (s *scope) expired() {
	if !s.cause.CompareAndSwap(nil, &deadlineCause) {
		return
	}
	runtime_wake(s, s.gp)
	if s.node.Load() != nil {
		go s.notify(s) // it takes locks
	}
}
