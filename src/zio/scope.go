// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio

import (
	"context"
	"internal/race"
	"sync"
	"time"
	"unsafe"
)

// pool has scopes that nobody refers to. Their timers may be pending; see clock.
var pool = sync.Pool{New: func() any { return newScope() }}

func newScope() *scope {
	s := &struct {
		scope
		more
	}{}
	s.scope.more = &s.more
	return &s.scope
}

// open opens a scope.
func open() *scope {
	var s *scope
	if runtime_bubbled() {
		// Its timer belongs to the bubble.
		s = newScope()
		s.pinned = true
	} else {
		s = pool.Get().(*scope)
	}
	runtime_enter(s)
	return s
}

// close ends the scope of the goroutine.
func (s *scope) close() {
	if !runtime_leave(s) {
		panic("zio: scopes do not end in the order in which they began")
	}
	if s.pinned {
		s.end()
		return
	}
	m := s.more
	if m.when != 0 {
		if !m.idle() {
			return // expire is about to cancel it
		}
		m.when, m.at = 0, time.Time{}
	}
	if s.cause.Load() != nil {
		s.cause.Store(nil) // the time was up when the scope began
	}
	s.shield = false
	s.outer = nil
	pool.Put(s)
}

// end is close for a scope that others may know.
func (s *scope) end() {
	if s.more != nil && s.more.stop != nil {
		s.more.stop()
	}
	s.cause.CompareAndSwap(nil, &endedCause)
	n := s.node.Load()
	if n == nil {
		// Who makes one now finds the cause.
		s.more.disarm()
		return
	}
	n.mu.Lock()
	s.more.disarm()
	n.moved.disarm()
	n.mu.Unlock()
	n.close()
}

// pin keeps s, and the scopes around it, from being used again.
func (s *scope) pin() {
	for ; s != nil && !s.pinned; s = s.outer {
		s.pinned = true
	}
}

// cancel cancels s, if nobody did before.
func (s *scope) cancel(c *cause) {
	if race.Enabled && c != &deadlineCause {
		race.Release(unsafe.Pointer(c))
	}
	if s.cause.CompareAndSwap(nil, c) {
		s.notify(s)
	}
}

// notify tells all that is below s that root, s or one around it, is canceled.
func (s *scope) notify(root *scope) {
	runtime_wake(root, s.gp)
	if s.group {
		s.wakeTasks(root)
	}
	if n := s.node.Load(); n != nil {
		n.notify(root)
	}
}

// Scope calls fn in a scope of its own, with a token that cancels it, and returns
// fn's error. The scope ends when fn returns, panics or exits: waits inside of fn
// that are canceled are those of this goroutine and of groups that it runs.
func Scope(fn func(t Token) error) error {
	s := open()
	defer s.close()
	s.pin()
	return fn(Token{s})
}

// Timeout calls fn in a scope that is canceled after d, and returns fn's error.
// What fn waits for then fails with a [CanceledError] that errors.Is says is
// context.DeadlineExceeded. If fn returns nil although the time is up, so does
// Timeout: what was done is done. If d is not positive, the scope is canceled from
// the start.
//
// Timeout does not allocate, and takes a tenth of a microsecond.
func Timeout(d time.Duration, fn func() error) error {
	s := open()
	defer s.close()
	s.arm(d)
	return fn()
}

// Deadline is Timeout with a point in time. If at is the zero time, there is no
// deadline.
func Deadline(at time.Time, fn func() error) error {
	s := open()
	defer s.close()
	if !at.IsZero() {
		s.more.at = at
		s.arm(time.Until(at))
	}
	return fn()
}

// MoveOn is Timeout for work that may be left undone: if fn fails because the time
// is up, expired is true and err is nil. Any other error of fn is returned, that of
// an outer scope or of a deadline inside of fn included.
func MoveOn(d time.Duration, fn func() error) (expired bool, err error) {
	s := open()
	defer s.close()
	s.arm(d)
	if err = fn(); err == nil {
		return false, nil
	}
	if c := s.cause.Load(); c != nil && c.kind == kindDeadline && s.owns(err) {
		return true, nil
	}
	return false, err
}

// With calls fn in a scope that is canceled when ctx is, with its cause, and
// returns fn's error. Inside, [Context] has the values of ctx.
//
// It is how a program that has a context cancels code that takes none.
func With(ctx context.Context, fn func() error) error {
	s := open()
	defer s.close()
	s.bind(ctx)
	return fn()
}

// Shield calls fn in a scope in which those further out, canceled or not, do not
// matter, and returns fn's error. Scopes that fn opens are canceled as ever.
// Nothing ends fn if it hangs: [Cleanup] is the better choice most of the time.
func Shield(fn func() error) error {
	s := open()
	defer s.close()
	s.shield = true
	return fn()
}

// Cleanup is Shield with a timeout: fn has the time max to say goodbye, to roll
// back, to reap a child, in a scope that is canceled or may be soon.
func Cleanup(max time.Duration, fn func() error) error {
	s := open()
	defer s.close()
	s.shield = true
	s.arm(max)
	return fn()
}

// Check returns a [CanceledError] if the scope of the goroutine is canceled, and nil
// if not or if there is none. It is for loops that compute: cancelation comes
// where a goroutine waits, and they do not.
func Check() error {
	s := runtime_current()
	if s == nil {
		return nil
	}
	if by, _ := s.canceled(); by == nil {
		return nil
	}
	return refuse(false)
}

// Done returns a channel that is closed when the scope of the goroutine is canceled
// or ends. It is for select statements, which a cancel does not end by itself:
//
//	select {
//	case v := <-ch:
//		...
//	case <-zio.Done():
//		return zio.Check()
//	}
//
// Without a scope it returns nil.
func Done() <-chan struct{} { return Self().Done() }

// Self returns the token of the goroutine's scope. Without a scope it returns the
// zero Token, which is never canceled.
func Self() Token {
	s := runtime_current()
	s.pin()
	return Token{s}
}

// Context returns a context that is canceled with the scope of the goroutine, for
// functions that take one. Its values and those of the context of the innermost
// [With] or [Run] are the same. Without a scope it is context.Background().
func Context() context.Context { return Self().Context() }
