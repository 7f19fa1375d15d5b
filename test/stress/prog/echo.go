//go:build linux

// Many small writers: hundreds of connections echo messages of a few bytes
// each, with several in flight, so that far more than one goroutine is
// runnable when a reply is written and replies are batched on rings.
package main

import (
	"io"
	"math/rand/v2"
	"net"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["echo"] = func(w *work.W) { echo(w, "tcp", 300, 1) }
	programs["pipelined"] = func(w *work.W) { echo(w, "tcp", 64, 16) }
	programs["echo-unix"] = func(w *work.W) { echo(w, "unix", 200, 4) }
}

func echo(w *work.W, network string, conns, inflight int) {
	p := newPairer(network)
	for i := range conns {
		c, s := p.pair()
		w.Go(1, func(int) { echoServer(s) })
		w.Go(1, func(int) { echoClient(w, c, w.Seed+uint64(i), inflight) })
	}
	p.close()
}

// echoServer is what a user would write: it reads what there is and sends it
// back.
func echoServer(s net.Conn) {
	defer s.Close()
	buf := make([]byte, 2048)
	for {
		n, err := s.Read(buf)
		if err == io.EOF {
			return
		}
		work.Must(err)
		work.Must1(s.Write(buf[:n]))
	}
}

// echoClient keeps inflight messages of random lengths on their way.
func echoClient(w *work.W, c net.Conn, seed uint64, inflight int) {
	defer c.Close()
	rnd := rand.New(rand.NewPCG(seed, 1))
	out, in := stream.Cursor{Seed: seed}, stream.Cursor{Seed: seed}
	lens := make(chan int, inflight)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 256)
		for n := range lens {
			work.Must1(io.ReadFull(c, buf[:n]))
			work.Must(in.Expect(buf[:n]))
			w.Add(n)
		}
	}()
	buf := make([]byte, 256)
	for w.Running() {
		n := 1 + rnd.IntN(len(buf))
		out.Next(buf[:n])
		lens <- n
		work.Must1(c.Write(buf[:n]))
	}
	close(lens)
	<-done
	if in.Off != out.Off {
		work.Failf("connection %#x: sent %d bytes, %d came back", seed, out.Off, in.Off)
	}
}
