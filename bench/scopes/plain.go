//go:build zio

package main

import (
	"io"
	"net"
	"sync"
	"time"
	"zio"
)

// plain measures ordinary operations in a scope against the same outside of one, and one
// that is nothing but scheduling in a scope with a deadline. That has a timer, which the
// scheduler looks at, so it is compared with the same while a timer is pending.
func plain(out map[string]float64) {
	c, s := connect("tcp")
	echoC, echoS := connect("tcp")
	go io.Copy(echoS, echoS)
	b := make([]byte, 64)
	ops := map[string]struct {
		n  int
		fn func()
	}{
		"pingpong": {1, func() { pingPong(5000) }},
		"mutex":    {1, func() { contend(20_000) }},
		"spawn":    {1, func() { spawn(5000) }},
		"echo": {3000, func() {
			_, err := echoC.Write(b)
			check(err)
			_, err = io.ReadFull(echoC, b)
			check(err)
		}},
		"read": {10_000, func() {
			_, err := s.Write(b[:1])
			check(err)
			_, err = c.Read(b)
			check(err)
		}},
	}
	for name, op := range ops {
		many := func() {
			for range op.n {
				op.fn()
			}
		}
		many()
		_, ratio := compare(cpu, 1, many, func() {
			zio.Scope(func(zio.Token) error { many(); return nil })
		})
		out[name+"_ratio"] = ratio[1]
		if name != "pingpong" {
			continue
		}
		_, ratio = compare(cpu, 1, func() {
			t := time.AfterFunc(time.Hour, func() {})
			many()
			t.Stop()
		}, func() {
			zio.Timeout(time.Hour, func() error { many(); return nil })
		})
		out["pingpong_timeout_ratio"] = ratio[1]
	}
}

// goIn starts n goroutines in the scope of this one, or without one if it has none, and
// waits for them.
func goIn(n int, fn func(i int)) {
	if zio.Self() == (zio.Token{}) {
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { fn(i) })
		}
		wg.Wait()
		return
	}
	var wg sync.WaitGroup
	ctx := zio.Context()
	for i := range n {
		wg.Go(func() { zio.With(ctx, func() error { fn(i); return nil }) })
	}
	wg.Wait()
}

func pingPong(n int) {
	ping, pong := make(chan int), make(chan int)
	goIn(2, func(i int) {
		for range n {
			if i == 0 {
				ping <- 0
				<-pong
			} else {
				<-ping
				pong <- 0
			}
		}
	})
}

func contend(n int) {
	var mu sync.Mutex
	goIn(4, func(int) {
		for range n {
			mu.Lock()
			mu.Unlock()
		}
	})
}

// spawn uses the go statement, which no scope has a part in.
func spawn(n int) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {})
	}
	wg.Wait()
}

func connect(network string) (client, server net.Conn) {
	ln, err := net.Listen(network, "127.0.0.1:0")
	check(err)
	defer ln.Close()
	client, err = net.Dial(network, ln.Addr().String())
	check(err)
	server, err = ln.Accept()
	check(err)
	return client, server
}
