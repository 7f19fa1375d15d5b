//go:build linux

// Goroutines that are wired to their thread, do I/O and end without letting
// the thread go, so that the thread ends with them, while other goroutines
// wait for I/O that this thread submitted or polled for.
package main

import (
	"io"
	"math/rand/v2"
	"net"
	"runtime"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["locked"] = locked
}

func locked(w *work.W) {
	echo(w, "tcp", 40, 2) // goes on beside it
	p := newPairer("tcp")
	for i := range 8 {
		c, s := p.pair()
		w.Go(1, func(int) {
			defer c.Close()
			lockedClient(w, c, w.Seed+uint64(1000+i))
		})
		w.Go(1, func(int) { echoServer(s) })
	}
	p.close()
}

// lockedClient sends each message from a new goroutine and receives the answer
// in another, both of which take their thread with them.
func lockedClient(w *work.W, c net.Conn, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 9))
	out, in := stream.Cursor{Seed: seed}, stream.Cursor{Seed: seed}
	for w.Running() {
		n := 1 + rnd.IntN(500)
		done := make(chan struct{}, 2)
		go func() {
			runtime.LockOSThread()
			b := make([]byte, n)
			out.Next(b)
			work.Must1(c.Write(b))
			done <- struct{}{}
		}()
		go func() {
			runtime.LockOSThread()
			b := make([]byte, n)
			work.Must1(io.ReadFull(c, b))
			work.Must(in.Expect(b))
			w.Add(n)
			done <- struct{}{}
		}()
		<-done
		<-done
	}
}
