// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build linux

package runtime_test

import (
	"math/rand/v2"
	. "runtime"
	"sync"
	"syscall"
	"testing"
	"time"
	"zio"
)

// A scope ends an operation that the kernel has, and nothing is lost.
func TestZioFlightScope(t *testing.T) {
	r, w := zioPipe(t)
	f := zioFile(t, r)
	buf := make([]byte, 8)
	read := func() int { return f.Op(ZioOpRead, buf, 0) }
	canceled := func(what string, got, want int) {
		t.Helper()
		if got != want {
			t.Errorf("%s: result %d, want %d", what, got, want)
		}
	}
	zio.Scope(func(tok zio.Token) error {
		go func() {
			zioAwait(t, f, 1)
			tok.Cancel(nil)
		}()
		canceled("in flight", read(), ZioCanceled)
		canceled("after it", read(), ZioRefused)
		f.SetDeadline(-1)
		canceled("past the deadline", read(), ZioRefused)
		f.SetDeadline(0)
		return nil
	})
	zio.Timeout(5*time.Millisecond, func() error {
		canceled("timeout", read(), ZioCanceled)
		return nil
	})
	zio.Timeout(time.Hour, func() error {
		if _, err := syscall.Write(w, []byte("abc")); err != nil {
			t.Fatal(err)
		}
		if n := read(); n != 3 || string(buf[:3]) != "abc" {
			t.Errorf("result %d, %q", n, buf)
		}
		return nil
	})
	zio.Run(nil, func(g *zio.Group) error {
		var bufs [20][8]byte
		for i := range bufs {
			g.Go(func() error {
				canceled("task", f.Op(ZioOpRead, bufs[i][:], 0), ZioCanceled)
				return nil
			})
		}
		zioAwait(t, f, len(bufs))
		g.Cancel(nil)
		return nil
	})
	f.Unblock()
	f.Close()
}

// Bytes come and scopes are canceled at any time. Each byte is read once or is still
// there.
func TestZioFlightScopeRace(t *testing.T) {
	defer GOMAXPROCS(GOMAXPROCS(0))
	rounds := 400
	if testing.Short() {
		rounds = 100
	}
	for _, procs := range []int{1, 2, 8} {
		GOMAXPROCS(procs)
		zioFlightScopeRace(t, rounds)
	}
}

func zioFlightScopeRace(t *testing.T, rounds int) {
	r, w := zioPipe(t)
	f := zioFile(t, r)
	got, sent, canceled := 0, 0, 0
	for range rounds {
		var wg sync.WaitGroup
		zio.Scope(func(tok zio.Token) error {
			wg.Go(func() {
				time.Sleep(time.Duration(rand.IntN(30)) * time.Microsecond)
				n, err := syscall.Write(w, make([]byte, 1+rand.IntN(3)))
				if err != nil {
					t.Error(err)
				}
				sent += n
			})
			wg.Go(func() {
				time.Sleep(time.Duration(rand.IntN(30)) * time.Microsecond)
				tok.Cancel(nil)
			})
			buf := make([]byte, 4)
			switch n := f.Op(ZioOpRead, buf, 0); {
			case n > 0:
				got += n
			case n == ZioCanceled, n == ZioRefused:
				canceled++
			case n != ZioRedo:
				t.Errorf("result %d", n)
			}
			wg.Wait()
			return nil
		})
	}
	f.Unblock()
	f.Close()
	if left := zioLeft(t, r); got+left != sent {
		t.Errorf("%d bytes were sent, %d read, %d left", sent, got, left)
	}
	t.Logf("%d of %d rounds were canceled", canceled, rounds)
}
