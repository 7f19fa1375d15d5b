// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio

import (
	"context"
	"time"
)

// A Token stands for a scope. It may be copied, kept, and used by any goroutine. The
// scope ends when the function ends that it was opened for; then there is nothing
// left to cancel.
//
// The zero Token is of no scope, and is never canceled.
type Token struct{ s *scope }

// Cancel cancels the scope, and with it what is inside: what its goroutine and the
// tasks of its groups wait for ends with a [CanceledError], and so does what they
// wait for later, until the scope ends. The first cause stays; if it is nil, it is
// context.Canceled. Cancel does not wait for anything.
func (t Token) Cancel(err error) {
	if t.s != nil {
		t.s.cancel(&cause{kind: kindCancel, err: err})
	}
}

// Err returns a *[CanceledError] if the scope, or one further out that it is not
// shielded from, is canceled or has ended. It returns nil if not.
func (t Token) Err() error {
	if by, c := t.s.canceled(); by != nil {
		return newError(by, c, false)
	}
	return nil
}

// Cause returns the cause of Err's error, or nil.
func (t Token) Cause() error {
	if by, c := t.s.canceled(); by != nil {
		return newError(by, c, false).Cause
	}
	return nil
}

// Owns reports whether err is, or wraps, the error of an operation that was
// canceled because this scope was: not one further out or further in.
func (t Token) Owns(err error) bool {
	return t.s != nil && t.s.owns(err)
}

// Done returns a channel that is closed when the scope, or one further out that it
// is not shielded from, is canceled, and when the scope ends. That of the zero
// Token is nil.
func (t Token) Done() <-chan struct{} {
	if t.s == nil {
		return nil
	}
	if by, _ := t.s.canceled(); by != nil {
		return closedChan
	}
	return t.s.link().doneChan()
}

// AfterFunc arranges to call f in its own goroutine, which has no scope, when the
// scope, or one further out that it is not shielded from, is canceled. If it is
// already, f is called at once. If the scope ends without, f is not called.
//
// Calling stop prevents the call of f; it reports whether it was in time to do so.
func (t Token) AfterFunc(f func()) (stop func() bool) {
	if t.s == nil {
		return func() bool { return false }
	}
	a := &afterFunc{f}
	n := t.s.link()
	if n.after(a) {
		return func() bool { return n.forget(a) }
	}
	if _, c := t.s.canceled(); c.kind != kindEnded {
		go f()
	}
	return func() bool { return false }
}

// afterErr is poll.ScopeAfter.
func (t Token) afterErr(f func(error)) (stop func()) {
	if err := t.Err(); err != nil {
		f(err)
		return func() {}
	}
	forget := t.AfterFunc(func() { f(t.Err()) })
	return func() { forget() }
}

// Deadline returns when the scope is canceled by the clock: the earliest deadline
// of the scope and those further out that it is not shielded from.
func (t Token) Deadline() (at time.Time, ok bool) {
	for s := t.s; s != nil; s = s.outer {
		if d, has := s.ownDeadline(); has && (!ok || d.Before(at)) {
			at, ok = d, true
		}
		if s.shield {
			break
		}
	}
	return at, ok
}

// ownDeadline returns the deadline of s, that of the context it is bound to
// included.
func (s *scope) ownDeadline() (at time.Time, ok bool) {
	if n := s.node.Load(); n != nil {
		n.mu.Lock()
		moved := n.moved
		n.mu.Unlock()
		if moved != nil {
			return s.earlier(moved.at, !moved.at.IsZero())
		}
	}
	if m := s.more; m == nil {
		return at, false
	} else if !m.at.IsZero() {
		at, ok = m.at, true
	} else if m.when != 0 {
		at, ok = time.Now().Add(time.Duration(m.when-runtime_nano())), true
	}
	return s.earlier(at, ok)
}

// SetDeadline moves the deadline of the scope to at, or removes it if at is the zero
// time. Deadlines of scopes further out stay as they are. A scope that is canceled
// remains so.
func (t Token) SetDeadline(at time.Time) {
	if t.s == nil {
		return
	}
	s := t.s
	n := s.link()
	n.mu.Lock()
	defer n.mu.Unlock()
	if s.cause.Load() != nil {
		return
	}
	s.more.disarm()
	n.moved.disarm()
	m := &more{at: at}
	n.moved = m
	if at.IsZero() {
		return
	}
	// A time that has passed is for the timer, too: it takes the locks.
	when := deadline(max(time.Until(at), 0))
	m.state.Store(when<<1 | clockUsed)
	m.timer = newTimer(when, 0, expireMoved, s, nil)
}

// Context returns a context that is canceled when the scope, or one further out
// that it is not shielded from, is canceled, and when the scope ends. Its error is
// context.DeadlineExceeded or context.Canceled, and context.Cause returns what
// Cause does. It has the values of the context of the innermost [With] or [Run].
// Contexts derived from it need no goroutine.
//
// That of the zero Token is context.Background().
func (t Token) Context() context.Context {
	if t.s == nil {
		return context.Background()
	}
	return t.s.link().context()
}
