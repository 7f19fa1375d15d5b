// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio_test

import (
	"context"
	"errors"
	"testing"
	"time"
	"zio"
)

func TestWith(t *testing.T) {
	type key struct{}
	ctx, cancel := context.WithCancelCause(context.WithValue(context.Background(), key{}, "value"))
	err := zio.With(ctx, func() error {
		if v := zio.Context().Value(key{}); v != "value" {
			t.Errorf("Value = %v", v)
		}
		go cancel(errTest)
		return waitCheck()
	})
	if !errors.Is(err, errTest) || !errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if err := zio.With(ctx, zio.Check); !errors.Is(err, errTest) {
		t.Errorf("with a canceled context: %v", err)
	}

	timeout, cancel2 := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel2()
	err = zio.With(timeout, func() error {
		want, _ := timeout.Deadline()
		if at, ok := zio.Self().Deadline(); !ok || !at.Equal(want) {
			t.Errorf("Deadline = %v, %v", at, ok)
		}
		return waitCheck()
	})
	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := zio.With(context.Background(), zio.Check); err != nil {
		t.Error(err)
	}
}

// foreign is a context that package context knows nothing of.
type foreign struct{ context.Context }

func (f foreign) Value(any) any         { return nil }
func (f foreign) Done() <-chan struct{} { return f.Context.Done() }

func TestWithForeign(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(time.Millisecond, cancel)
	if err := zio.With(foreign{ctx}, waitCheck); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestContext(t *testing.T) {
	var ctx, derived context.Context
	zio.Scope(func(tok zio.Token) error {
		ctx = tok.Context()
		if ctx != tok.Context() {
			t.Error("Context is another each time")
		}
		var cancel context.CancelFunc
		derived, cancel = context.WithCancel(ctx)
		defer cancel()
		if ctx.Err() != nil || derived.Err() != nil {
			t.Error("canceled early")
		}
		tok.Cancel(errTest)
		<-derived.Done()
		if ctx.Err() != context.Canceled || context.Cause(ctx) != errTest || context.Cause(derived) != errTest {
			t.Errorf("Err %v, Cause %v, Cause of the derived %v", ctx.Err(), context.Cause(ctx), context.Cause(derived))
		}
		if late := tok.Context(); context.Cause(late) != errTest {
			t.Errorf("made later: Cause %v", context.Cause(late))
		}
		return nil
	})
	zio.Timeout(time.Millisecond, func() error {
		ctx := zio.Context()
		if _, ok := ctx.Deadline(); !ok {
			t.Error("no Deadline")
		}
		<-ctx.Done()
		if ctx.Err() != context.DeadlineExceeded || context.Cause(ctx) != context.DeadlineExceeded {
			t.Errorf("Err %v, Cause %v", ctx.Err(), context.Cause(ctx))
		}
		return nil
	})
}

// A scope in a context in a scope, and so on: each is canceled by the first.
func TestContextChain(t *testing.T) {
	err := zio.Scope(func(tok zio.Token) error {
		ctx := zio.Context()
		return zio.Shield(func() error {
			ctx, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			return zio.With(ctx, func() error {
				return zio.Run(nil, func(g *zio.Group) error {
					g.Go(func() error { <-zio.Context().Done(); return zio.Check() })
					tok.Cancel(errTest)
					return nil
				})
			})
		})
	})
	if !errors.Is(err, errTest) {
		t.Errorf("got %v", err)
	}
}
