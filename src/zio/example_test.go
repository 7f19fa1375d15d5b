// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"
	"zio"
)

// silent returns a connection whose other end says nothing.
func silent() (conn, other net.Conn) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer ln.Close()
	if conn, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		panic(err)
	}
	if other, err = ln.Accept(); err != nil {
		panic(err)
	}
	return conn, other
}

func ExampleTimeout() {
	conn, other := silent()
	defer conn.Close()
	defer other.Close()

	// io.ReadAll knows nothing of timeouts.
	err := zio.Timeout(10*time.Millisecond, func() error {
		_, err := io.ReadAll(conn)
		return err
	})
	fmt.Println(errors.Is(err, context.DeadlineExceeded))

	// The connection is as it was.
	other.Write([]byte("later"))
	other.Close()
	b, err := io.ReadAll(conn)
	fmt.Printf("%s %v\n", b, err)
	// Output:
	// true
	// later <nil>
}

func ExampleDeadline() {
	midnight := time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)
	err := zio.Deadline(midnight, zio.Check)
	fmt.Println(err)
	// Output: canceled: context deadline exceeded
}

func ExampleMoveOn() {
	greeting := "hello"
	expired, err := zio.MoveOn(time.Millisecond, func() error {
		<-zio.Done() // a lookup of the user's name that takes too long
		return zio.Check()
	})
	fmt.Println(greeting, expired, err)
	// Output: hello true <nil>
}

func ExampleScope() {
	conn, other := silent()
	defer conn.Close()
	defer other.Close()

	errHangup := errors.New("the user hung up")
	err := zio.Scope(func(t zio.Token) error {
		time.AfterFunc(time.Millisecond, func() { t.Cancel(errHangup) })
		_, err := conn.Read(make([]byte, 1))
		return err
	})
	fmt.Println(errors.Is(err, errHangup))
	// Output: true
}

func ExampleWith() {
	conn, other := silent()
	defer conn.Close()
	defer other.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	err := zio.With(ctx, func() error {
		_, err := conn.Read(make([]byte, 1))
		return err
	})
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output: true
}

func ExampleShield() {
	var inside, shielded error
	zio.Scope(func(t zio.Token) error {
		t.Cancel(nil)
		inside = zio.Check()
		shielded = zio.Shield(zio.Check)
		return nil
	})
	fmt.Println(inside)
	fmt.Println(shielded)
	// Output:
	// canceled: context canceled
	// <nil>
}

func ExampleCleanup() {
	conn, other := silent()
	defer other.Close()

	zio.Scope(func(t zio.Token) error {
		defer conn.Close()
		// Say goodbye, canceled or not, but do not wait for ever.
		defer zio.Cleanup(time.Second, func() error {
			_, err := conn.Write([]byte("bye"))
			return err
		})
		t.Cancel(nil)
		return zio.Check()
	})
	b, _ := io.ReadAll(other)
	fmt.Printf("%s\n", b)
	// Output: bye
}

func ExampleCheck() {
	sum := 0
	err := zio.Timeout(time.Millisecond, func() error {
		for i := 0; ; i++ {
			if i%1000 == 0 {
				if err := zio.Check(); err != nil {
					return err
				}
			}
			sum += i
		}
	})
	fmt.Println(err)
	// Output: canceled: context deadline exceeded
}

func ExampleDone() {
	values := make(chan int)
	err := zio.Timeout(time.Millisecond, func() error {
		select {
		case v := <-values:
			fmt.Println(v)
			return nil
		case <-zio.Done():
			return zio.Check()
		}
	})
	fmt.Println(err)
	// Output: canceled: context deadline exceeded
}

func ExampleSelf() {
	err := zio.Timeout(time.Hour, func() error {
		_, ok := zio.Self().Deadline()
		fmt.Println(ok)
		zio.Self().Cancel(errors.New("enough"))
		return zio.Check()
	})
	fmt.Println(err)
	// Output:
	// true
	// canceled: enough
}

func ExampleContext() {
	err := zio.Timeout(time.Millisecond, func() error {
		ctx := zio.Context() // for a function that takes one
		<-ctx.Done()
		return context.Cause(ctx)
	})
	fmt.Println(err)
	// Output: context deadline exceeded
}

func ExampleToken_AfterFunc() {
	called := make(chan bool, 1)
	zio.Scope(func(t zio.Token) error {
		t.AfterFunc(func() { called <- true })
		t.Cancel(nil)
		return nil
	})
	fmt.Println(<-called)
	// Output: true
}

func ExampleToken_Owns() {
	var owns bool
	err := zio.Timeout(time.Millisecond, func() error {
		return zio.Scope(func(inner zio.Token) error {
			<-inner.Done()
			err := zio.Check()
			owns = inner.Owns(err) // it was the timeout, further out
			return err
		})
	})
	fmt.Println(err, owns)
	// Output: canceled: context deadline exceeded false
}

func ExampleToken_SetDeadline() {
	err := zio.Timeout(time.Millisecond, func() error {
		zio.Self().SetDeadline(time.Now().Add(time.Hour)) // there is progress
		time.Sleep(2 * time.Millisecond)
		return zio.Check()
	})
	fmt.Println(err)
	// Output: <nil>
}

func ExampleRun() {
	errNotFound := errors.New("not found")
	conn, other := silent()
	defer conn.Close()
	defer other.Close()

	err := zio.Run(nil, func(g *zio.Group) error {
		g.Go(func() error {
			_, err := conn.Read(make([]byte, 1)) // would wait for ever
			return err
		})
		g.Go(func() error { return errNotFound })
		return nil
	})
	fmt.Println(err)
	// Output: not found
}

func ExampleGroup_Go() {
	squares := make([]int, 5)
	zio.Run(nil, func(g *zio.Group) error {
		for i := range squares {
			g.Go(func() error {
				squares[i] = i * i
				return nil
			})
		}
		return nil
	})
	fmt.Println(squares)
	// Output: [0 1 4 9 16]
}

func ExampleGroup_TryGo() {
	zio.Run(nil, func(g *zio.Group) error {
		wait := make(chan bool)
		fmt.Println(g.TryGo(func() error { <-wait; return nil }))
		fmt.Println(g.TryGo(func() error { return nil }))
		close(wait)
		return nil
	}, zio.Limit(1))
	// Output:
	// true
	// false
}

func ExampleGroup_Background() {
	var ticks atomic.Int64
	err := zio.Run(nil, func(g *zio.Group) error {
		g.Background(func() error {
			for {
				select {
				case <-time.After(time.Millisecond):
					ticks.Add(1)
				case <-zio.Done():
					return zio.Check()
				}
			}
		})
		time.Sleep(20 * time.Millisecond)
		return nil // ends the ticker
	})
	fmt.Println(err, ticks.Load() > 0)
	// Output: <nil> true
}

func ExampleGroup_Cancel() {
	found := make(chan string, 3)
	err := zio.Run(nil, func(g *zio.Group) error {
		for range 3 {
			g.Go(func() error {
				found <- "it"
				g.Cancel(nil) // the others need not go on
				return nil
			})
		}
		return nil
	})
	fmt.Println(<-found, err)
	// Output: it <nil>
}

func ExampleLimit() {
	var alive, most atomic.Int64
	zio.Run(nil, func(g *zio.Group) error {
		for range 20 {
			g.Go(func() error {
				most.Store(max(most.Load(), alive.Add(1)))
				time.Sleep(time.Millisecond)
				alive.Add(-1)
				return nil
			})
		}
		return nil
	}, zio.Limit(4))
	fmt.Println(most.Load() <= 4)
	// Output: true
}

func ExampleName() {
	err := zio.Run(nil, func(g *zio.Group) error {
		g.Cancel(errors.New("shutdown"))
		return zio.Check()
	}, zio.Name("mail"))
	fmt.Println(err)
	// Output: canceled (mail): shutdown
}

func ExamplePanicError() {
	defer func() {
		e := recover().(*zio.PanicError)
		fmt.Println(e.Value)
	}()
	zio.Run(nil, func(g *zio.Group) error {
		g.Go(func() error { panic("boo") })
		return nil
	}, zio.Grace(time.Second))
	// Output: boo
}

func ExampleCanceledError() {
	err := zio.Timeout(0, func() error {
		return fmt.Errorf("while mailing: %w", zio.Check())
	})
	var canceled *zio.CanceledError
	fmt.Println(errors.As(err, &canceled), canceled.Cause)
	// Output: true context deadline exceeded
}
