// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio

import (
	"context"
	"errors"
	"internal/race"
	"time"
	"unsafe"
)

// A cause is why a scope was canceled. It does not change.
type cause struct {
	kind kind
	err  error // as the program gave it, or nil
}

type kind uint8

const (
	kindCancel   kind = iota // somebody canceled the scope
	kindDeadline             // its deadline passed
	kindEnded                // it has ended, and nobody had canceled it
)

var (
	deadlineCause = cause{kind: kindDeadline}
	endedCause    = cause{kind: kindEnded, err: errors.New("zio: scope has ended")}
)

// error returns the cause as context.Cause would.
func (c *cause) error() error {
	switch {
	case c.err != nil:
		return c.err
	case c.kind == kindDeadline:
		return context.DeadlineExceeded
	}
	return context.Canceled
}

// A CanceledError is the error of an operation that did not take place because the
// scope of its goroutine was canceled. Operations of other packages wrap it as
// they wrap any error of the system: a read of a connection returns a
// *net.OpError with it inside.
//
// errors.Is says that it is context.DeadlineExceeded if a deadline of a scope or of
// its context passed, context.Canceled if not, and that it is Cause. It is never
// os.ErrDeadlineExceeded: code that sets a deadline of its own and goes on when it
// passes would go on for ever.
type CanceledError struct {
	// Cause is why the scope was canceled: what Cancel was called with, the
	// error that failed the group, or the cause of the context. If none of
	// them gave one, it is context.Canceled or context.DeadlineExceeded.
	Cause error

	// Scope is the name of the group whose scope was canceled, if it has one.
	Scope string

	s           *scope
	kind        kind
	interrupted bool
}

// Error says that the operation was canceled, and why.
func (e *CanceledError) Error() string {
	s := "canceled: "
	if e.Scope != "" {
		s = "canceled (" + e.Scope + "): "
	}
	if e.Cause == nil {
		return s + context.Canceled.Error()
	}
	return s + e.Cause.Error()
}

// Unwrap returns context.DeadlineExceeded or context.Canceled, and the cause.
func (e *CanceledError) Unwrap() []error {
	is := context.Canceled
	if e.kind == kindDeadline {
		is = context.DeadlineExceeded
	}
	if e.Cause == nil || e.Cause == is {
		return []error{is}
	}
	return []error{is, e.Cause}
}

// Timeout reports whether a deadline interrupted an operation that was waiting. An
// operation that was refused because the deadline had passed before it began
// says false, so that loops which go on after a timeout end.
func (e *CanceledError) Timeout() bool {
	return e.interrupted && e.kind == kindDeadline
}

// Temporary reports false: the operation fails again in the same scope.
func (e *CanceledError) Temporary() bool { return false }

// canceled returns the outermost canceled scope of those that s is inside of, s
// included, as far as the first shield, and its cause. They are nil if there is none.
func (s *scope) canceled() (by *scope, c *cause) {
	for ; s != nil; s = s.outer {
		if sc := s.cause.Load(); sc != nil {
			by, c = s, sc
		}
		if s.shield {
			break
		}
	}
	return by, c
}

// newError returns the error of an operation in a scope that was canceled by by.
func newError(by *scope, c *cause, interrupted bool) *CanceledError {
	if race.Enabled {
		race.Acquire(unsafe.Pointer(c))
	}
	return &CanceledError{Cause: c.error(), Scope: by.name(), s: by, kind: c.kind, interrupted: interrupted}
}

// name returns the name of the group that s is the scope of, if it has one.
func (s *scope) name() string {
	if s.more == nil {
		return ""
	}
	return s.more.name
}

// A goroutine that goes on whatever the error is would take a processor. After
// brakeAfter refused operations each takes a while.
const (
	brakeAfter = 256
	brakeMax   = 10 * time.Millisecond
)

// refuse returns the error of an operation of this goroutine that was interrupted,
// or refused because its scope is canceled.
func refuse(interrupted bool) *CanceledError {
	s := runtime_current()
	by, c := s.canceled()
	if by == nil {
		panic("zio: an operation was canceled outside of a canceled scope")
	}
	s.pin()
	if n := runtime_refused(); n > brakeAfter {
		time.Sleep(min(time.Duration(n-brakeAfter)*100*time.Microsecond, brakeMax))
	}
	return newError(by, c, interrupted)
}

// owns reports whether err is, or wraps, an error that s was the reason of.
func (s *scope) owns(err error) bool {
	for err != nil {
		if e, ok := err.(*CanceledError); ok && e.s == s {
			return true
		}
		switch x := err.(type) {
		case interface{ Unwrap() error }:
			err = x.Unwrap()
		case interface{ Unwrap() []error }:
			for _, err := range x.Unwrap() {
				if s.owns(err) {
					return true
				}
			}
			return false
		default:
			return false
		}
	}
	return false
}
