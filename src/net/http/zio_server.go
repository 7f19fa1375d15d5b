// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package http

import (
	"context"
	"internal/poll"
	"sync/atomic"
)

// While a handler runs, the server reads in the background to find out whether
// the client has gone, and cancels the request's context if so. This costs a
// goroutine, its wakeup and two changes of a deadline for each request. Where the
// submission core is in use, the background read is started when somebody
// looks: at the context (Done, Err, or a context derived from it), or by
// CloseNotify. Most handlers do not.

// zioWatch is the part of a connReader that says what a background read waits for.
// Protected by connReader.mu.
type zioWatch struct {
	ctx *zioContext // of the request that is served; nil if there is none
	may bool        // a background read may be started once somebody looks
}

// zioContext is the context of a request. It is canceled when the embedded
// context is.
type zioContext struct {
	context.Context
	r      *connReader
	looked atomic.Bool // somebody looked; the background read is running, or is started as upstream does
}

// zioContext returns what is to be the context of the next request.
func (cr *connReader) zioContext(ctx context.Context) context.Context {
	if !poll.ZioOn() {
		return ctx
	}
	c := &zioContext{Context: ctx, r: cr}
	cr.lock()
	cr.zio = zioWatch{ctx: c}
	cr.unlock()
	return c
}

// zioDefer reports whether the background read is to be started later, by look.
// The caller holds cr.mu.
func (cr *connReader) zioDefer() bool {
	c := cr.zio.ctx
	cr.zio.may = c != nil && !c.looked.Load()
	return cr.zio.may
}

// look notes that somebody wants to know whether the client has gone.
func (c *zioContext) look() {
	if c.looked.Load() {
		return
	}
	cr := c.r
	cr.lock()
	defer cr.unlock()
	if c.looked.Swap(true) || cr.zio.ctx != c || !cr.zio.may {
		return
	}
	cr.zio.may = false
	if !cr.inRead && !cr.hasByte {
		cr.inRead = true
		go cr.backgroundRead()
	}
}

func (c *zioContext) Done() <-chan struct{} {
	c.look()
	return c.Context.Done()
}

func (c *zioContext) Err() error {
	c.look()
	return c.Context.Err()
}

// Value looks if package context itself asks, as context.Cause does: its
// key is a *int.
func (c *zioContext) Value(key any) any {
	if _, ok := key.(*int); ok {
		c.look()
	}
	return c.Context.Value(key)
}

func (c *zioContext) String() string {
	if s, ok := c.Context.(interface{ String() string }); ok {
		return s.String()
	}
	return "net/http request context"
}
