// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package http2

import (
	"context"
	"internal/poll"
)

// A zioContext is the context of a stream of a goroutine in a scope of package zio: that
// of the request, canceled with the scope, too.
type zioContext struct {
	context.Context                 // of the request
	scoped          context.Context // canceled with it, and with the scope
}

func (c zioContext) Done() <-chan struct{} { return c.scoped.Done() }

func (c zioContext) Err() error {
	if c.scoped.Err() == nil {
		return nil
	}
	if err := c.Context.Err(); err != nil {
		return err
	}
	return context.Cause(c.scoped)
}

// zioScoped returns a context that is canceled with ctx and with the scope of this
// goroutine. The caller calls end when the stream has ended, which does not cancel it:
// who looks at a stream that has ended finds it so.
func zioScoped(ctx context.Context) (_ context.Context, end func()) {
	after := poll.AfterScope()
	if after == nil {
		return ctx, func() {}
	}
	scoped, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := after(cancel)
	stopCtx := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	return zioContext{ctx, scoped}, func() {
		stop()
		stopCtx()
	}
}
