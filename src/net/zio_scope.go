// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package net

import (
	"context"
	"internal/poll"
)

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
