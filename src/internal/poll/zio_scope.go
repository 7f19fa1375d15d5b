// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package poll

import (
	"context"
	"unsafe"
)

// ScopeError returns the error of an operation of this goroutine that its scope
// has canceled: interrupted says whether it was waiting then. Package zio sets it;
// without that package there are no scopes.
var ScopeError func(interrupted bool) error

// Codes of runtime_pollReset and runtime_pollWait, beside those of upstream. These
// must match the values in runtime/zio_scope_netpoll.go.
const (
	pollErrCanceled = 4
	pollErrRefused  = 5
)

// runtime_zioScoped reports whether the goroutine is in a scope, and whether it is
// canceled.
func runtime_zioScoped() (scoped, canceled bool)

// ShieldScope takes the goroutine out of its scope, for work that has to be done, or
// that others rely on. UnshieldScope, with the result, puts it back.
//
//go:linkname ShieldScope sync.runtime_zioShield
func ShieldScope() unsafe.Pointer

//go:linkname UnshieldScope sync.runtime_zioUnshield
func UnshieldScope(s unsafe.Pointer)

// ScopeCanceled reports whether err says that a scope canceled the operation. It is
// nil without package zio.
var ScopeCanceled func(err error) bool

// ScopeDone returns a channel that is closed when the scope of this goroutine is
// canceled, nil if there is no scope. It is nil without package zio.
var ScopeDone func() <-chan struct{}

// ScopeAfter returns what has f called, once and in a goroutine of its own, with the
// error of an operation that the scope of this goroutine refuses, when that scope is
// canceled, unless stop is called before. If it is canceled already, f is called at
// once, by the caller. ScopeAfter returns nil if there is no scope. It is nil without
// package zio.
var ScopeAfter func() (after func(f func(err error)) (stop func()))

// AfterScope is ScopeAfter, with or without package zio.
func AfterScope() func(f func(err error)) (stop func()) {
	if ScopeAfter == nil {
		return nil
	}
	return ScopeAfter()
}

// CancelWithScope has cancel called when the scope of this goroutine is canceled,
// and returns what is to be called instead of cancel. It is for a context that ends
// with its work, whoever waits for it.
func CancelWithScope(cancel func(error)) func(error) {
	after := AfterScope()
	if after == nil {
		return cancel
	}
	stop := after(cancel)
	return func(err error) {
		stop()
		cancel(err)
	}
}

// ScopeContext returns a context that is canceled with ctx and with the scope of this
// goroutine, for work that waits in select statements and in other goroutines. The
// caller calls end when the work is done; it returns the error of the scope, if it was
// that which canceled the context, and nil if not.
func ScopeContext(ctx context.Context) (_ context.Context, end func() error) {
	after := AfterScope()
	if after == nil {
		return ctx, func() error { return nil }
	}
	scoped, cancel := context.WithCancelCause(ctx)
	stop := after(cancel)
	return scoped, func() error {
		stop()
		cause := context.Cause(scoped)
		cancel(nil)
		if cause != nil && ScopeCanceled(cause) {
			return cause
		}
		return nil
	}
}
