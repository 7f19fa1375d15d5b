// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio

import (
	"context"
	"time"
	_ "unsafe" // for go:linkname
)

// A binding is the context that cancels a scope.
type binding struct {
	ctx  context.Context // nil if there is none
	stop func() bool     // nil if ctx is never canceled
}

// bind has ctx cancel s, which has just been opened.
func (s *scope) bind(ctx context.Context) {
	s.pin()
	m := s.extend()
	m.ctx = ctx
	if ctx.Done() != nil {
		m.stop = afterCancel(ctx, func(err, why error) {
			c := &cause{kind: kindCancel, err: why}
			if err == context.DeadlineExceeded {
				c.kind = kindDeadline
			}
			s.cancel(c)
		})
	}
}

// earlier returns the earlier of at, if ok, and the deadline of the context of s.
func (s *scope) earlier(at time.Time, ok bool) (time.Time, bool) {
	if m := s.more; m != nil && m.ctx != nil {
		if d, has := m.ctx.Deadline(); has && (!ok || d.Before(at)) {
			return d, true
		}
	}
	return at, ok
}

// values returns the context whose values those of s are.
func (s *scope) values() context.Context {
	for ; s != nil; s = s.outer {
		if m := s.more; m != nil && m.ctx != nil {
			return m.ctx
		}
	}
	return context.Background()
}

// A scopeContext is the context of a scope.
type scopeContext struct {
	context.Context
	s      *scope
	cancel func(err, cause error)
}

// fire cancels c: its scope, or one around it, is canceled or has ended.
func (c *scopeContext) fire() {
	by, why := c.s.canceled()
	err := context.Canceled
	if why.kind == kindDeadline {
		err = context.DeadlineExceeded
	}
	c.cancel(err, newError(by, why, false).Cause)
}

// context returns the context of the scope of n.
func (n *node) context() context.Context {
	n.mu.Lock()
	if n.ctx != nil {
		defer n.mu.Unlock()
		return n.ctx.Context
	}
	c := &scopeContext{s: n.s}
	c.Context, c.cancel = newContext(n.s.values(), Token{n.s}.Deadline)
	fired := n.fired
	if !fired {
		n.ctx = c
	}
	n.mu.Unlock()
	if fired {
		c.fire()
	}
	return c.Context
}

// newContext returns a context with the values of values, and what cancels it.
// Package context has it.
//
//go:linkname newContext
func newContext(values context.Context, deadline func() (time.Time, bool)) (ctx context.Context, cancel func(err, cause error))

// afterCancel has f called when ctx is canceled, perhaps with a lock of ctx held.
// Package context has it.
//
//go:linkname afterCancel
func afterCancel(ctx context.Context, f func(err, cause error)) (stop func() bool)
