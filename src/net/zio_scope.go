// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package net

import (
	"context"
	"errors"
	"internal/poll"
	"io"
)

// zioReadFull is io.ReadFull of a file whose content is kept for everybody: a scope
// does not end it half-way.
func (f *file) zioReadFull(p []byte) (int, error) {
	defer poll.UnshieldScope(poll.ShieldScope())
	return io.ReadFull(f.file, p)
}

// zioDone returns a channel that is closed when the scope of this goroutine is canceled,
// nil if there is no scope.
func zioDone() <-chan struct{} {
	if poll.ScopeDone == nil {
		return nil
	}
	return poll.ScopeDone()
}

// zioLookup is lookup(ctx, name). In a scope of package zio another goroutine calls it,
// and the wait for that ends when the scope is canceled: lookups wait in C code,
// or for goroutines of theirs, and may end long after their context.
func zioLookup[T any](ctx context.Context, name string, lookup func(context.Context, string) (T, error)) (T, error) {
	after := poll.AfterScope()
	if after == nil {
		return lookup(ctx, name)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	canceled := make(chan error, 1)
	stop := after(func(err error) { cancel(err); canceled <- err })
	defer stop()
	go func() {
		v, err := lookup(ctx, name)
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		// If it is the cancel that has ended the lookup, both may be seen first.
		if cause := context.Cause(ctx); cause != nil && poll.ScopeCanceled(cause) && errors.Is(r.err, context.Canceled) {
			r.err = zioWithCause(r.err, cause)
		}
		return r.value, r.err
	case err := <-canceled:
		var none T
		return none, zioWithCause(newDNSError(context.Canceled, name, ""), err)
	}
}

// zioScoped returns a context that is canceled with ctx, and with the scope of package
// zio that the goroutine is in. The caller defers done, with its error: what the scope
// has canceled is told from what ctx has.
func zioScoped(ctx context.Context) (_ context.Context, done func(err *error)) {
	ctx, end := poll.ScopeContext(ctx)
	return ctx, func(err *error) {
		if cause := end(); *err != nil && cause != nil && !poll.ScopeCanceled(*err) {
			*err = zioWithCause(*err, cause)
		}
	}
}

// zioWithCause returns err, an error of a lookup or a dial, with cause, the error
// of a canceled scope, as what it was. Errors of lookups are shared.
func zioWithCause(err, cause error) error {
	switch e := err.(type) {
	case *DNSError:
		c := *e
		c.Err, c.UnwrapErr = cause.Error(), cause
		return &c
	case *OpError:
		c := *e
		c.Err = cause
		if dns, ok := e.Err.(*DNSError); ok {
			c.Err = zioWithCause(dns, cause)
		}
		return &c
	}
	return err
}
