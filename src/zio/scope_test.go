// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"zio"
)

var errTest = errors.New("test")

// waitCheck waits until the scope is canceled.
func waitCheck() error {
	<-zio.Done()
	return zio.Check()
}

func TestNoScope(t *testing.T) {
	if err := zio.Check(); err != nil {
		t.Errorf("Check = %v", err)
	}
	self := zio.Self()
	if self != (zio.Token{}) || self.Done() != nil || self.Err() != nil || self.Cause() != nil {
		t.Errorf("the token of no scope is not the zero one: %v, Err %v", self, self.Err())
	}
	if at, ok := self.Deadline(); ok {
		t.Errorf("Deadline = %v", at)
	}
	if zio.Context() != context.Background() {
		t.Errorf("Context = %v", zio.Context())
	}
	self.Cancel(errTest)
	self.SetDeadline(time.Now())
	if self.AfterFunc(func() { t.Error("called") })() {
		t.Error("stop of nothing reports true")
	}
}

func TestTimeout(t *testing.T) {
	start := time.Now()
	var inside error
	err := zio.Timeout(20*time.Millisecond, func() error {
		if err := zio.Check(); err != nil {
			t.Errorf("Check before the time is up = %v", err)
		}
		inside = waitCheck()
		return inside
	})
	if d := time.Since(start); d < 20*time.Millisecond {
		t.Errorf("canceled after %v", d)
	}
	if err != inside {
		t.Errorf("Timeout = %v, fn returned %v", err, inside)
	}
	var ce *zio.CanceledError
	if !errors.As(err, &ce) || !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("wrong error %v (%T)", err, err)
	}
	if ce.Timeout() || ce.Temporary() || ce.Cause != context.DeadlineExceeded {
		t.Errorf("Timeout %v, Temporary %v, Cause %v", ce.Timeout(), ce.Temporary(), ce.Cause)
	}
	if err := zio.Check(); err != nil {
		t.Errorf("the scope outlives the function: %v", err)
	}
	if err := zio.Timeout(0, zio.Check); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Check under Timeout(0) = %v", err)
	}
	if err := zio.Timeout(time.Millisecond, func() error { time.Sleep(5 * time.Millisecond); return nil }); err != nil {
		t.Errorf("work that was done late = %v", err)
	}
	if err := zio.Timeout(1<<63-1, func() error { return errTest }); err != errTest {
		t.Errorf("got %v", err)
	}
}

func TestDeadline(t *testing.T) {
	at := time.Now().Add(time.Hour)
	err := zio.Deadline(at, func() error {
		if d, ok := zio.Self().Deadline(); !ok || !d.Equal(at) {
			t.Errorf("Deadline = %v, %v", d, ok)
		}
		return zio.Timeout(time.Minute, func() error {
			if d, ok := zio.Self().Deadline(); !ok || time.Until(d) > time.Minute || time.Until(d) < 50*time.Second {
				t.Errorf("inner Deadline = %v, %v", d, ok)
			}
			return zio.Shield(func() error {
				if d, ok := zio.Self().Deadline(); ok {
					t.Errorf("Deadline under a shield = %v", d)
				}
				return nil
			})
		})
	})
	if err != nil {
		t.Error(err)
	}
	if err := zio.Deadline(time.Now().Add(-1), zio.Check); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a deadline that has passed: %v", err)
	}
	if err := zio.Deadline(time.Time{}, zio.Check); err != nil {
		t.Errorf("no deadline: %v", err)
	}
}

func TestSetDeadline(t *testing.T) {
	err := zio.Timeout(10*time.Millisecond, func() error {
		zio.Self().SetDeadline(time.Time{})
		if at, ok := zio.Self().Deadline(); ok {
			t.Errorf("removed Deadline = %v", at)
		}
		time.Sleep(20 * time.Millisecond)
		if err := zio.Check(); err != nil {
			t.Errorf("after the old deadline: %v", err)
		}
		self := zio.Self()
		go self.SetDeadline(time.Now().Add(10 * time.Millisecond))
		return waitCheck()
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	err = zio.Scope(func(t zio.Token) error {
		t.SetDeadline(time.Now().Add(-time.Hour))
		return waitCheck()
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a deadline in the past: %v", err)
	}
}

func TestCancel(t *testing.T) {
	err := zio.Scope(func(tok zio.Token) error {
		go tok.Cancel(errTest)
		err := waitCheck()
		tok.Cancel(errors.New("another"))
		if tok.Cause() != errTest || !tok.Owns(err) || !tok.Owns(tok.Err()) || tok.Owns(errTest) || tok.Owns(nil) {
			t.Errorf("Cause %v, Owns(%v) %v", tok.Cause(), err, tok.Owns(err))
		}
		return err
	})
	if !errors.Is(err, errTest) || !errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if want := "canceled: test"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	err = zio.Scope(func(tok zio.Token) error { tok.Cancel(nil); return zio.Check() })
	var ce *zio.CanceledError
	if !errors.As(err, &ce) || ce.Cause != context.Canceled {
		t.Errorf("without a cause: %v", err)
	}
}

// The outermost canceled scope is the one that is reported.
func TestOutermost(t *testing.T) {
	zio.Scope(func(outer zio.Token) error {
		return zio.Scope(func(inner zio.Token) error {
			inner.Cancel(nil)
			if err := zio.Check(); !inner.Owns(err) || outer.Owns(err) {
				t.Errorf("inner: %v", err)
			}
			outer.Cancel(errTest)
			if err := zio.Check(); inner.Owns(err) || !outer.Owns(err) || inner.Cause() != errTest {
				t.Errorf("outer: %v, %v", err, inner.Cause())
			}
			return nil
		})
	})
}

func TestMoveOn(t *testing.T) {
	expired, err := zio.MoveOn(5*time.Millisecond, waitCheck)
	if !expired || err != nil {
		t.Errorf("got %v, %v", expired, err)
	}
	expired, err = zio.MoveOn(time.Hour, func() error { return errTest })
	if expired || err != errTest {
		t.Errorf("got %v, %v", expired, err)
	}
	expired, err = zio.MoveOn(time.Hour, func() error { zio.Self().Cancel(errTest); return zio.Check() })
	if expired || !errors.Is(err, errTest) {
		t.Errorf("canceled, not expired: got %v, %v", expired, err)
	}
	outer := zio.Timeout(5*time.Millisecond, func() error {
		expired, err := zio.MoveOn(time.Hour, waitCheck)
		if expired || err == nil {
			t.Errorf("the outer deadline: got %v, %v", expired, err)
		}
		return err
	})
	if !errors.Is(outer, context.DeadlineExceeded) {
		t.Errorf("got %v", outer)
	}
}

func TestShield(t *testing.T) {
	zio.Scope(func(outer zio.Token) error {
		outer.Cancel(nil)
		if err := zio.Shield(zio.Check); err != nil {
			t.Errorf("under a shield: %v", err)
		}
		zio.Shield(func() error {
			select {
			case <-zio.Done():
				t.Error("Done under a shield is closed")
			default:
			}
			if err := zio.Timeout(time.Millisecond, waitCheck); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a timeout under a shield: %v", err)
			}
			return nil
		})
		if err := zio.Cleanup(time.Millisecond, waitCheck); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Cleanup: %v", err)
		}
		if err := zio.Check(); err == nil {
			t.Error("the shield outlives its function")
		}
		return nil
	})
}

// Whatever way a function leaves its scope, the goroutine leaves it too.
func TestPanicInScope(t *testing.T) {
	func() {
		defer func() {
			if v := recover(); v != "boo" {
				t.Errorf("recovered %v", v)
			}
		}()
		zio.Timeout(time.Hour, func() error {
			return zio.Shield(func() error { panic("boo") })
		})
	}()
	if self := zio.Self(); self != (zio.Token{}) {
		t.Error("a scope is left over")
	}
	done := make(chan bool)
	go func() {
		defer func() { done <- zio.Self() == (zio.Token{}) }()
		zio.Timeout(time.Hour, func() error { runtime.Goexit(); return nil })
	}()
	if !<-done {
		t.Error("a scope is left over by Goexit")
	}
}

func TestDoneAfterEnd(t *testing.T) {
	var tok zio.Token
	var early <-chan struct{}
	var ctx context.Context
	zio.Scope(func(t zio.Token) error {
		tok, early, ctx = t, t.Done(), t.Context()
		return nil
	})
	<-early
	<-tok.Done()
	<-ctx.Done()
	if tok.Err() == nil || !errors.Is(tok.Err(), context.Canceled) || ctx.Err() != context.Canceled {
		t.Errorf("Err = %v, %v", tok.Err(), ctx.Err())
	}
	if tok.AfterFunc(func() { t.Error("called although nothing was canceled") })() {
		t.Error("stop reports true")
	}
	tok.Cancel(errTest)
	tok.SetDeadline(time.Now())
	if errors.Is(tok.Err(), errTest) {
		t.Errorf("canceled after its end: %v", tok.Err())
	}
	late := tok.Context()
	if late.Err() != context.Canceled {
		t.Errorf("the context of a scope that has ended: %v", late.Err())
	}
}

func TestAfterFunc(t *testing.T) {
	called := make(chan string, 10)
	zio.Scope(func(outer zio.Token) error {
		outer.AfterFunc(func() { called <- "outer" })
		stop := outer.AfterFunc(func() { called <- "stopped" })
		if !stop() || stop() {
			t.Error("stop: not true, then false")
		}
		return zio.Scope(func(inner zio.Token) error {
			stop := inner.AfterFunc(func() { called <- "inner" })
			outer.Cancel(nil)
			if stop() {
				t.Error("stop after the call reports true")
			}
			inner.AfterFunc(func() { called <- "late" })
			return nil
		})
	})
	got := map[string]bool{<-called: true, <-called: true, <-called: true}
	if !got["outer"] || !got["inner"] || !got["late"] {
		t.Errorf("got %v", got)
	}
	zio.Scope(func(tok zio.Token) error {
		tok.AfterFunc(func() { called <- "never" })
		return nil
	})
	select {
	case s := <-called:
		t.Errorf("called %q", s)
	case <-time.After(10 * time.Millisecond):
	}
}

// A timeout that is not waited for allocates nothing.
func TestTimeoutAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("sync.Pool is lossy under the race detector")
	}
	f := func() error { return nil }
	at := time.Now().Add(time.Hour)
	for name, fn := range map[string]func(){
		"Timeout":  func() { zio.Timeout(time.Hour, f) },
		"Deadline": func() { zio.Deadline(at, f) },
		"Cleanup":  func() { zio.Cleanup(time.Hour, f) },
		"Shield":   func() { zio.Shield(f) },
		"MoveOn":   func() { zio.MoveOn(time.Hour, f) },
		"nested":   func() { zio.Timeout(time.Hour, func() error { return zio.Timeout(time.Minute, f) }) },
	} {
		if n := testing.AllocsPerRun(1000, fn); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// A token of a scope that ended says nothing of the scope that has its place.
func TestReuse(t *testing.T) {
	for range 100 {
		var toks []zio.Token
		for range 10 {
			zio.Timeout(time.Hour, func() error {
				return zio.Timeout(time.Hour, func() error {
					toks = append(toks, zio.Self())
					return nil
				})
			})
		}
		zio.Timeout(time.Hour, func() error {
			for _, tok := range toks {
				tok.Cancel(errTest)
			}
			if err := zio.Check(); err != nil {
				t.Fatal(err)
			}
			return nil
		})
	}
}

// Deadlines that fire while their scopes end, a scope that is used again at once.
func TestTimeoutRace(t *testing.T) {
	var wg sync.WaitGroup
	var canceled atomic.Int64
	for i := range 8 {
		wg.Go(func() {
			for j := range 500 {
				d := time.Duration(i*20+j%40) * time.Microsecond
				start := time.Now()
				err := zio.Timeout(d, func() error {
					for time.Since(start) < 100*time.Microsecond {
						if err := zio.Check(); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					canceled.Add(1)
					if time.Since(start) < d {
						t.Errorf("canceled %v too early", d-time.Since(start))
					}
				}
				if err := zio.Timeout(time.Hour, zio.Check); err != nil {
					t.Errorf("a scope with an hour to go: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if canceled.Load() == 0 {
		t.Error("no timeout of 4000 fired in time")
	}
}

// A scope that is used again has nothing of what it was.
func TestScopeIsNew(t *testing.T) {
	zio.Timeout(time.Hour, func() error { return nil })
	zio.Deadline(time.Now().Add(time.Hour), func() error { return nil })
	zio.Scope(func(tok zio.Token) error {
		if at, ok := tok.Deadline(); ok {
			t.Errorf("Scope has the deadline %v", at)
		}
		return nil
	})
}

// The timer of a scope that ended early is pending when the scope is used again: it
// cancels neither too early, nor too late, nor what has no deadline.
func TestTimeoutAfterTimeout(t *testing.T) {
	nothing := func() error { return nil }
	for _, first := range []time.Duration{time.Millisecond, 5 * time.Millisecond, time.Second, time.Hour} {
		for _, d := range []time.Duration{2 * time.Millisecond, 10 * time.Millisecond} {
			zio.Timeout(first, nothing)
			start := time.Now()
			if err := zio.Timeout(d, waitCheck); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v after %v: %v", d, first, err)
			}
			if took := time.Since(start); took < d || took > d+500*time.Millisecond {
				t.Errorf("%v after %v: canceled after %v", d, first, took)
			}
		}
		zio.Timeout(first, nothing)
		err := zio.Shield(func() error {
			time.Sleep(min(first, 10*time.Millisecond))
			return zio.Check()
		})
		if err != nil {
			t.Errorf("no deadline after %v: %v", first, err)
		}
	}
}

// Deadlines that are moved on, and back, while the timer of one before fires.
func TestTimeoutAfterTimeoutRace(t *testing.T) {
	var wg sync.WaitGroup
	rounds := 3000
	if testing.Short() {
		rounds = 600
	}
	for i := range 8 {
		wg.Go(func() {
			for j := range rounds {
				begin := time.Now()
				until := func(d time.Duration) func() error {
					return func() error {
						for time.Since(begin) < d {
						}
						return nil
					}
				}
				first := time.Duration(20+(i+j)%20) * time.Microsecond
				zio.Timeout(first, until(first-10*time.Microsecond))
				zio.Timeout(9*time.Second, until(first+time.Duration(i*j%200)*time.Microsecond))
				d := time.Duration(50+(i*j)%100) * time.Microsecond
				start := time.Now()
				err := zio.Timeout(d, func() error {
					for time.Since(start) < 5*time.Second {
						if err := zio.Check(); err != nil {
							return err
						}
						runtime.Gosched()
					}
					return nil
				})
				if err == nil {
					t.Errorf("a deadline of %v did not come", d)
				} else if took := time.Since(start); took < d {
					t.Errorf("canceled after %v, not %v", took, d)
				}
			}
		})
	}
	wg.Wait()
}
