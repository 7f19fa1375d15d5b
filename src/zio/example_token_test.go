// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
	"zio"
)

// A token can be given to whoever may end the work.
func ExampleToken() {
	stop := make(chan zio.Token, 1)
	go func() { (<-stop).Cancel(errors.New("not needed any more")) }()

	client, _ := net.Pipe()
	err := zio.Scope(func(t zio.Token) error {
		stop <- t
		_, err := client.Read(make([]byte, 1))
		return err
	})
	fmt.Println(err)
	// Output: read pipe: canceled: not needed any more
}

// The first cause stays.
func ExampleToken_Cancel() {
	err := zio.Scope(func(t zio.Token) error {
		t.Cancel(errors.New("first"))
		t.Cancel(errors.New("second"))
		return zio.Check()
	})
	fmt.Println(err)
	// Output: canceled: first
}

func ExampleToken_Err() {
	err := zio.Scope(func(t zio.Token) error {
		fmt.Println(t.Err())
		t.Cancel(nil)
		return t.Err()
	})
	fmt.Println(err)
	// Output:
	// <nil>
	// canceled: context canceled
}

// A scope inside of a canceled one has the cause of that.
func ExampleToken_Cause() {
	full := errors.New("the disk is full")
	cause := zio.Scope(func(outer zio.Token) error {
		return zio.Scope(func(inner zio.Token) error {
			outer.Cancel(full)
			return inner.Cause()
		})
	})
	fmt.Println(cause == full)
	// Output: true
}

func ExampleToken_Done() {
	var tok zio.Token
	zio.Scope(func(t zio.Token) error {
		tok = t
		return nil
	})
	<-tok.Done() // a scope that has ended counts as canceled
	fmt.Println(tok.Err())
	// Output: canceled: zio: scope has ended
}

// A deadline further out that is earlier counts.
func ExampleToken_Deadline() {
	at := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	zio.Deadline(at, func() error {
		return zio.Timeout(200*365*24*time.Hour, func() error {
			d, ok := zio.Self().Deadline()
			fmt.Println(d, ok)
			return nil
		})
	})
	// Output: 2100-01-01 00:00:00 +0000 UTC true
}

// A context of a scope starts no goroutine, and neither do those made of it.
func ExampleToken_Context() {
	err := zio.Scope(func(t zio.Token) error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		t.Cancel(errors.New("enough"))
		<-ctx.Done()
		return context.Cause(ctx)
	})
	fmt.Println(err)
	// Output: enough
}

func ExampleGroup_Token() {
	err := zio.Run(nil, func(g *zio.Group) error {
		g.Go(func() error {
			<-zio.Done()
			return zio.Check()
		})
		time.AfterFunc(time.Millisecond, func() { g.Token().Cancel(errors.New("closing time")) })
		return nil
	})
	fmt.Println(err)
	// Output: canceled: closing time
}

// A program that would rather hang than crash after a panic gives the other tasks all
// the time that they take.
func ExampleGrace() {
	defer func() {
		fmt.Println(recover().(*zio.PanicError).Value)
	}()
	zio.Run(nil, func(g *zio.Group) error {
		g.Go(func() error { panic("a bug") })
		g.Go(func() error {
			<-zio.Done()
			time.Sleep(time.Millisecond) // puts things in order
			return nil
		})
		return nil
	}, zio.Grace(time.Hour))
	// Output: a bug
}

// What a deadline interrupts is a timeout, and what is refused after it is not: a loop
// that goes on after timeouts ends.
func ExampleCanceledError_Timeout() {
	client, _ := net.Pipe()
	rounds := 0
	zio.Timeout(20*time.Millisecond, func() error {
		for {
			rounds++
			_, err := client.Read(make([]byte, 1))
			if ne, ok := err.(net.Error); !ok || !ne.Timeout() {
				return err
			}
		}
	})
	fmt.Println(rounds)
	// Output: 2
}
