// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package context

import (
	"sync"
	"time"
	_ "unsafe" // for go:linkname
)

// What package zio needs of contexts that only this package can do without a
// goroutine: one that is canceled from outside, with an error and a cause, and a
// call when one is canceled.

// A zioContext is the context of a scope of package zio.
type zioContext struct {
	cancelCtx
	deadline func() (time.Time, bool)
}

func (c *zioContext) Deadline() (time.Time, bool) { return c.deadline() }

func (c *zioContext) String() string { return contextName(c.cancelCtx.Context) + ".Scope" }

// zioNewContext returns a context with the values of values, whose cancelation
// does not matter to it, and the function that cancels it.
//
//go:linkname zioNewContext zio.newContext
func zioNewContext(values Context, deadline func() (time.Time, bool)) (Context, func(err, cause error)) {
	c := &zioContext{deadline: deadline}
	c.cancelCtx.Context = values
	return c, func(err, cause error) { c.cancel(false, err, cause) }
}

// A zioAfterCtx is an afterFuncCtx whose function is called at once, with locks
// held, by who cancels the parent.
type zioAfterCtx struct {
	cancelCtx
	once sync.Once // either calls f, or stops it
	f    func(err, cause error)
}

func (a *zioAfterCtx) cancel(removeFromParent bool, err, cause error) {
	a.cancelCtx.cancel(false, err, cause)
	if removeFromParent {
		removeChild(a.Context, a)
	}
	if cause == nil {
		cause = err
	}
	a.once.Do(func() { a.f(err, cause) })
}

// zioAfterCancel has f called when ctx is canceled. f must not wait, nor use ctx.
// What it returns reports whether it prevented the call.
//
//go:linkname zioAfterCancel zio.afterCancel
func zioAfterCancel(ctx Context, f func(err, cause error)) (stop func() bool) {
	a := &zioAfterCtx{f: f}
	a.cancelCtx.propagateCancel(ctx, a)
	return func() bool {
		stopped := false
		a.once.Do(func() { stopped = true })
		if stopped {
			a.cancel(true, Canceled, nil)
		}
		return stopped
	}
}
