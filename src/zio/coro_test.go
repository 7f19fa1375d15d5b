// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix

package zio_test

import (
	"context"
	"errors"
	"iter"
	"net"
	"runtime"
	"testing"
	"time"
	"zio"
)

// An iterator that iter.Pull has made a coroutine is in the scope of who calls next.
func TestPullScope(t *testing.T) {
	next, stop := iter.Pull(func(yield func(error) bool) {
		for yield(zio.Check()) {
		}
		checkCanceled(t, zio.Check(), errTest) // of who calls stop
	})
	check := func() error { err, _ := next(); return err }
	for range 3 {
		if err := check(); err != nil {
			t.Errorf("outside of a scope: %v", err)
		}
		checkCanceled(t, zio.Timeout(0, check), context.DeadlineExceeded)
		if err := zio.Timeout(time.Hour, check); err != nil {
			t.Errorf("in a scope that is not canceled: %v", err)
		}
		checkCanceled(t, zio.Timeout(0, func() error { return zio.Timeout(time.Hour, check) }), context.DeadlineExceeded)
		if err := zio.Timeout(0, func() error { return zio.Shield(check) }); err != nil {
			t.Errorf("in a shield: %v", err)
		}
		// Another goroutine.
		err := zio.Run(nil, func(g *zio.Group) error {
			g.Go(func() error {
				g.Cancel(errTest)
				return check()
			})
			return nil
		})
		checkCanceled(t, err, errTest)
	}
	zio.Scope(func(tok zio.Token) error {
		tok.Cancel(errTest)
		stop()
		return nil
	})
}

// Scopes that the iterator opens stay open across yield, inside of the caller's.
func TestPullOwnScopes(t *testing.T) {
	next, stop := iter.Pull(func(yield func(error) bool) {
		yield(zio.Check())
		zio.Scope(func(tok zio.Token) error {
			return zio.Timeout(time.Hour, func() error {
				yield(zio.Check())
				yield(zio.Check())
				yield(zio.Check())
				tok.Cancel(errTest)
				yield(zio.Check())
				return nil
			})
		})
		yield(zio.Check())
	})
	defer stop()
	check := func() error { err, _ := next(); return err }
	quiet := func() error { return zio.Timeout(time.Hour, check) }
	if err := check(); err != nil {
		t.Errorf("first: %v", err)
	}
	if err := quiet(); err != nil {
		t.Errorf("in a scope of the iterator: %v", err)
	}
	checkCanceled(t, zio.Timeout(0, check), context.DeadlineExceeded)
	if err := quiet(); err != nil {
		t.Errorf("in another scope than the canceled one: %v", err)
	}
	checkCanceled(t, quiet(), errTest)
	if err := check(); err != nil || zio.Self() != (zio.Token{}) {
		t.Errorf("at the end: %v, scope %v", err, zio.Self())
	}
}

// What a coroutine waits for is ended by a cancel of its caller's scope, as deep as it
// is, and whoever calls.
func TestPullCancel(t *testing.T) {
	c, s := pair(t, "tcp")
	reads := func(yield func(error) bool) {
		for {
			_, err := c.Read(make([]byte, 1))
			if !yield(err) {
				return
			}
		}
	}
	pulled := func(seq iter.Seq[error]) iter.Seq[error] {
		return func(yield func(error) bool) {
			next, stop := iter.Pull(seq)
			defer stop()
			for {
				v, _ := next()
				if !yield(v) {
					return
				}
			}
		}
	}
	next, stop := iter.Pull(pulled(pulled(reads)))
	defer stop()
	read := func() error { err, _ := next(); return err }
	for i := range 200 {
		d := time.Duration(i%50) * 4 * time.Microsecond
		checkCanceled(t, zio.Timeout(d, read), context.DeadlineExceeded)
		err := zio.Run(nil, func(g *zio.Group) error {
			g.Go(read)
			spin(d)
			g.Cancel(errTest)
			return nil
		})
		if err != nil && !errors.Is(err, errTest) {
			t.Fatalf("round %d: %v", i, err)
		}
		s.Write([]byte("x"))
		if err := zio.Timeout(time.Minute, read); err != nil {
			t.Fatalf("round %d: after the cancels: %v", i, err)
		}
	}
}

// A goroutine that is locked to its thread is canceled as any other.
func TestLockOSThread(t *testing.T) {
	locked := func(fn func()) {
		done := make(chan bool)
		go func() {
			defer close(done)
			runtime.LockOSThread() // the thread exits with the goroutine
			fn()
		}()
		<-done
	}
	c, s := pair(t, "tcp")
	read := func(c net.Conn) error { _, err := c.Read(make([]byte, 1)); return err }
	for i := range 20 {
		d := time.Duration(i) * 10 * time.Microsecond
		locked(func() {
			checkCanceled(t, zio.Timeout(d, func() error { return read(c) }), context.DeadlineExceeded)
			err := zio.Run(nil, func(g *zio.Group) error {
				g.Go(func() error {
					runtime.LockOSThread()
					return read(c)
				})
				spin(d)
				return errTest
			})
			if err != errTest {
				t.Errorf("a group with a task that is locked: %v", err)
			}
			next, stop := iter.Pull(func(yield func(error) bool) { yield(read(c)) })
			defer stop()
			err = zio.Timeout(d, func() error { err, _ := next(); return err })
			checkCanceled(t, err, context.DeadlineExceeded)
		})
	}
	s.Write([]byte("x"))
	locked(func() {
		if err := zio.Timeout(time.Minute, func() error { return read(c) }); err != nil {
			t.Errorf("after the cancels: %v", err)
		}
	})
}
