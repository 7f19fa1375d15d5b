// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"zio"
)

func TestRun(t *testing.T) {
	var n atomic.Int64
	err := zio.Run(nil, func(g *zio.Group) error {
		for range 1000 {
			if !g.Go(func() error { n.Add(1); return nil }) {
				t.Error("Go reports false")
			}
		}
		return nil
	})
	if err != nil || n.Load() != 1000 {
		t.Errorf("got %v, %d tasks", err, n.Load())
	}
	if err := zio.Run(nil, func(*zio.Group) error { return errTest }); err != errTest {
		t.Errorf("got %v", err)
	}
}

func TestFirstErrorCancels(t *testing.T) {
	var siblings atomic.Int64
	var outside error
	err := zio.Scope(func(tok zio.Token) error {
		err := zio.Run(nil, func(g *zio.Group) error {
			for range 10 {
				g.Go(func() error {
					err := waitCheck()
					if errors.Is(err, errTest) && g.Token().Owns(err) {
						siblings.Add(1)
					}
					return err
				})
			}
			g.Go(func() error { return errTest })
			err := waitCheck()
			if g.Go(func() error { return nil }) {
				t.Error("Go in a canceled group reports true")
			}
			return err
		}, zio.Name("first"))
		outside = zio.Check()
		return err
	})
	if err != errTest || siblings.Load() != 10 || outside != nil {
		t.Errorf("Run = %v, %d siblings canceled, outside %v", err, siblings.Load(), outside)
	}
}

func TestName(t *testing.T) {
	zio.Run(nil, func(g *zio.Group) error {
		g.Cancel(errTest)
		if err := zio.Check(); err.Error() != "canceled (mail): test" {
			t.Errorf("got %q", err)
		}
		return nil
	}, zio.Name("mail"))
}

func TestGroupCancel(t *testing.T) {
	body := func(cause error) func(g *zio.Group) error {
		return func(g *zio.Group) error {
			g.Go(waitCheck)
			g.Go(waitCheck)
			g.Cancel(cause)
			return waitCheck()
		}
	}
	if err := zio.Run(nil, body(nil)); err != nil {
		t.Errorf("ended early on purpose: %v", err)
	}
	if err := zio.Run(nil, body(errTest)); !errors.Is(err, errTest) {
		t.Errorf("canceled with a cause: %v", err)
	}
	// The result of a task that had one is not lost.
	err := zio.Run(nil, func(g *zio.Group) error {
		g.Go(func() error { waitCheck(); return errTest })
		g.Cancel(nil)
		return nil
	})
	if err != errTest {
		t.Errorf("got %v", err)
	}
}

func TestRunOuter(t *testing.T) {
	tasks := func(g *zio.Group) error {
		for range 3 {
			if !g.Go(waitCheck) {
				return zio.Check() // the cancel came first
			}
		}
		return nil
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(time.Millisecond, func() { cancel(errTest) })
	if err := zio.Run(ctx, tasks); !errors.Is(err, errTest) {
		t.Errorf("by a context: %v", err)
	}
	err := zio.Timeout(time.Millisecond, func() error { return zio.Run(nil, tasks) })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("by a timeout: %v", err)
	}
	// Nothing failed although there was a cancel.
	err = zio.Timeout(time.Millisecond, func() error {
		return zio.Run(nil, func(g *zio.Group) error {
			g.Go(func() error { <-zio.Done(); return nil })
			return nil
		})
	})
	if err != nil {
		t.Errorf("all done: %v", err)
	}
}

// Tasks run in the scope of the group, not in that of who starts them.
func TestTaskScope(t *testing.T) {
	err := zio.Run(nil, func(g *zio.Group) error {
		zio.Timeout(0, func() error {
			g.Go(func() error {
				time.Sleep(time.Millisecond)
				return zio.Check()
			})
			return nil
		})
		plain := make(chan zio.Token)
		go func() { plain <- zio.Self() }()
		if tok := <-plain; tok != (zio.Token{}) {
			t.Error("a goroutine of the go statement has a scope")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestNestedGroups(t *testing.T) {
	var started, canceled atomic.Int64
	count := func() error {
		started.Add(1)
		err := waitCheck()
		if errors.Is(err, errTest) {
			canceled.Add(1)
		}
		return err
	}
	var nest func(depth int) func(g *zio.Group) error
	nest = func(depth int) func(g *zio.Group) error {
		return func(g *zio.Group) error {
			for range 3 {
				g.Go(count)
				if depth > 0 {
					g.Go(func() error {
						return zio.Timeout(time.Hour, func() error { return zio.Run(nil, nest(depth-1)) })
					})
				}
			}
			return count()
		}
	}
	err := zio.Run(nil, func(g *zio.Group) error {
		g.Go(func() error { return zio.Run(nil, nest(3)) })
		// 1 + 3 + 9 + 27 groups, each with a body and 3 tasks that count.
		for started.Load() != 40*4 {
			time.Sleep(time.Millisecond)
		}
		return errTest
	})
	if err != errTest || canceled.Load() != 40*4 {
		t.Errorf("Run = %v, %d of 160 canceled", err, canceled.Load())
	}
}

func TestLimit(t *testing.T) {
	var alive, most atomic.Int64
	err := zio.Run(nil, func(g *zio.Group) error {
		for range 100 {
			g.Go(func() error {
				if n := alive.Add(1); n > most.Load() {
					most.Store(n)
				}
				runtime.Gosched()
				alive.Add(-1)
				return nil
			})
		}
		return nil
	}, zio.Limit(3))
	if err != nil || most.Load() > 3 {
		t.Errorf("Run = %v, %d tasks at once", err, most.Load())
	}

	err = zio.Run(nil, func(g *zio.Group) error {
		g.Go(waitCheck)
		if g.TryGo(waitCheck) {
			t.Error("TryGo at the limit reports true")
		}
		err := zio.Timeout(time.Millisecond, func() error {
			if g.Go(waitCheck) {
				t.Error("Go at the limit reports true")
			}
			return zio.Check()
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting for a slot: %v", err)
		}
		time.AfterFunc(time.Millisecond, func() { g.Cancel(errTest) })
		if g.Go(waitCheck) {
			t.Error("Go in a canceled group reports true")
		}
		return nil
	}, zio.Limit(1))
	if !errors.Is(err, errTest) {
		t.Errorf("got %v", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("Limit(0) does not panic")
		}
	}()
	zio.Limit(0)
}

func TestBackground(t *testing.T) {
	var served, ended atomic.Int64
	requests := make(chan chan int)
	err := zio.Run(nil, func(g *zio.Group) error {
		for range 3 {
			g.Background(func() error {
				defer ended.Add(1)
				for {
					select {
					case r := <-requests:
						r <- 1
						served.Add(1)
					case <-zio.Done():
						return zio.Check()
					}
				}
			})
		}
		for range 10 {
			g.Go(func() error {
				r := make(chan int)
				requests <- r
				<-r
				return nil
			})
		}
		return nil
	})
	if err != nil || served.Load() != 10 || ended.Load() != 3 {
		t.Errorf("Run = %v, served %d, ended %d", err, served.Load(), ended.Load())
	}
	err = zio.Run(nil, func(g *zio.Group) error {
		g.Background(func() error { return errTest })
		return waitCheck()
	})
	if err != errTest {
		t.Errorf("a failure in the background: %v", err)
	}
}

// A group that has ended takes no tasks.
func TestGoAfterEnd(t *testing.T) {
	var kept *zio.Group
	zio.Run(nil, func(g *zio.Group) error { kept = g; return nil })
	f := func() error { t.Error("called"); return nil }
	if kept.Go(f) || kept.TryGo(f) || kept.Background(f) {
		t.Error("a task was started")
	}
	kept.Cancel(errTest)
}

// Others start tasks while the last one ends. Those that Go says are started have ended
// when Run returns.
func TestGoWhileItEnds(t *testing.T) {
	rounds := 3000
	if testing.Short() {
		rounds = 500
	}
	var refused atomic.Int64
	for round := range rounds {
		var others sync.WaitGroup
		var started, ended atomic.Int64
		zio.Run(nil, func(g *zio.Group) error {
			for i := range 3 {
				begin := g.Go
				if i == 2 {
					begin = g.Background
				}
				others.Go(func() {
					for range round % 20 {
						runtime.Gosched()
					}
					for started.Load() < 1000 {
						if !begin(func() error { ended.Add(1); return nil }) {
							refused.Add(1)
							return
						}
						started.Add(1)
					}
				})
			}
			for range 3 {
				g.Go(func() error { return nil })
			}
			return nil
		})
		n := ended.Load()
		others.Wait()
		if ended.Load() != n || started.Load() != n {
			t.Fatalf("%d tasks had ended, %d were started, %d ended later", n, started.Load(), ended.Load()-n)
		}
	}
	if refused.Load() == 0 {
		t.Error("no group has ended while others started tasks")
	}
}

func TestTaskPanic(t *testing.T) {
	var sibling error
	defer func() {
		e, ok := recover().(*zio.PanicError)
		if !ok || e.Value != errTest || e.Group != "p" || !errors.Is(e, errTest) {
			t.Fatalf("recovered %#v", e)
		}
		if !strings.Contains(string(e.Stack), "TestTaskPanic") || !strings.Contains(e.Error(), "panic in a task of p: test") {
			t.Errorf("got %v", e)
		}
		if !errors.As(sibling, &e) {
			t.Errorf("the sibling got %v", sibling)
		}
	}()
	zio.Run(nil, func(g *zio.Group) error {
		g.Go(func() error { panic(errTest) })
		g.Go(func() error { sibling = waitCheck(); return nil })
		return nil
	}, zio.Name("p"))
	t.Error("Run returned")
}

func TestNestedPanic(t *testing.T) {
	defer func() {
		if e, ok := recover().(*zio.PanicError); !ok || e.Value != "deep" || e.Group != "inner" {
			t.Errorf("recovered %v", e)
		}
	}()
	zio.Run(nil, func(g *zio.Group) error {
		g.Go(func() error {
			return zio.Run(nil, func(g *zio.Group) error {
				g.Go(func() error { panic("deep") })
				return nil
			}, zio.Name("inner"))
		})
		return nil
	}, zio.Name("outer"))
}

func TestBodyPanic(t *testing.T) {
	ended := false
	defer func() {
		if v := recover(); v != "boo" || !ended || zio.Self() != (zio.Token{}) {
			t.Errorf("recovered %v, the task has ended: %v", v, ended)
		}
	}()
	zio.Run(nil, func(g *zio.Group) error {
		g.Go(func() error {
			err := waitCheck()
			time.Sleep(time.Millisecond)
			ended = true
			return err
		})
		panic("boo")
	})
}

func TestTaskGoexit(t *testing.T) {
	var sibling error
	returned := false
	done := make(chan bool)
	go func() {
		defer close(done)
		zio.Run(nil, func(g *zio.Group) error {
			g.Go(func() error { runtime.Goexit(); return nil })
			sibling = waitCheck()
			return sibling
		})
		returned = true
	}()
	<-done
	if returned || !errors.Is(sibling, context.Canceled) {
		t.Errorf("Run returned: %v, the body got %v", returned, sibling)
	}
}

// Tasks are goroutines like others in counts and dumps.
func TestTaskVisible(t *testing.T) {
	zio.Run(nil, func(g *zio.Group) error {
		started := make(chan bool)
		for range 5 {
			g.Go(func() error { return visibleTask(started) })
		}
		for range 5 {
			<-started
		}
		if n := runtime.NumGoroutine(); n < 6 {
			t.Errorf("%d goroutines, 5 tasks among them", n)
		}
		buf := make([]byte, 1<<20)
		dump := string(buf[:runtime.Stack(buf, true)])
		if n := strings.Count(dump, "zio_test.visibleTask"); n != 5 || !strings.Contains(dump, "created by zio.(*Group).start") {
			t.Errorf("%d tasks in the dump:\n%s", n, dump)
		}
		g.Cancel(nil)
		return nil
	})
}

//go:noinline
func visibleTask(started chan<- bool) error {
	started <- true
	return waitCheck()
}

func TestSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err := zio.Run(t.Context(), func(g *zio.Group) error {
			g.Go(func() error {
				return zio.Timeout(time.Hour, func() error {
					if at, ok := zio.Self().Deadline(); !ok || !at.Equal(start.Add(time.Hour)) {
						t.Errorf("Deadline = %v", at)
					}
					select {
					case <-time.After(2 * time.Hour):
						return nil
					case <-zio.Done():
						return zio.Check()
					}
				})
			})
			g.Background(waitCheck)
			return nil
		})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Hour {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}

// 100,000 tasks, in a tree.
func TestManyTasks(t *testing.T) {
	n := 100_000
	if raceEnabled || testing.Short() {
		n = 5_000
	}
	var ended atomic.Int64
	err := zio.Run(nil, func(g *zio.Group) error {
		for range n {
			g.Go(func() error {
				defer ended.Add(1)
				return waitCheck()
			})
		}
		return errTest
	})
	if err != errTest || ended.Load() > int64(n) {
		t.Errorf("Run = %v, %d ended", err, ended.Load())
	}
}
