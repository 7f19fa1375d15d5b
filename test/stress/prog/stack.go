//go:build linux

// Buffers on goroutine stacks: reads into an array on the stack, waiting while
// garbage is collected and stacks shrink, at varying depths. Before each
// read the goroutine has been deep in a recursion, so its stack is large and
// mostly empty and the collector wants to shrink it. The data must arrive in
// the frame that asked for it, and in no other.
package main

import (
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["stack"] = stack
}

func stack(w *work.W) {
	debug.SetGCPercent(1)
	p := newPairer("tcp")
	for i := range 100 {
		c, s := p.pair()
		w.Go(1, func(int) { stackEcho(s.(*net.TCPConn)) })
		w.Go(1, func(int) { stackClient(w, c.(*net.TCPConn), w.Seed+uint64(i)) })
	}
	p.close()
	stop := make(chan struct{})
	collected := make(chan struct{})
	go func() {
		defer close(collected)
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
				time.Sleep(100 * time.Microsecond)
			}
		}
	}()
	w.Wait()
	close(stop)
	<-collected
}

// stackClient sends parts of the stream, each of which is answered with
// itself, and reads the answers at changing depth. The concrete type keeps
// the buffers from escaping.
func stackClient(w *work.W, c *net.TCPConn, seed uint64) {
	defer c.Close()
	rnd := rand.New(rand.NewPCG(seed, 5))
	out, in := stream.Cursor{Seed: seed}, stream.Cursor{Seed: seed}
	for w.Running() {
		grow(1 + rnd.IntN(200))
		n := 1 + rnd.IntN(300)
		writeFromStack(c, &out, n)
		for n > 0 {
			got := readDeep(c, &in, n, rnd.IntN(20))
			n -= got
			w.Add(got)
		}
	}
	c.CloseWrite()
	var buf [16]byte
	if n, err := c.Read(buf[:]); n != 0 || err != io.EOF {
		work.Failf("connection %#x: %d bytes, %v after the end", seed, n, err)
	}
}

func stackEcho(s *net.TCPConn) {
	defer s.Close()
	for k := 0; ; k++ {
		grow(k % 100)
		n, err := echoFromStack(s)
		if err == io.EOF {
			return
		}
		work.Must(err)
		if n == 0 {
			work.Failf("read returned nothing and no error")
		}
	}
}

// canary is what the words around a buffer hold.
const canary = 0xc0ffee_facade_0bad

//go:noinline
func writeFromStack(c *net.TCPConn, out *stream.Cursor, n int) {
	var buf [512]byte
	out.Next(buf[:n])
	work.Must1(c.Write(buf[:n]))
}

//go:noinline
func echoFromStack(s *net.TCPConn) (int, error) {
	before := uint64(canary)
	var buf [700]byte
	after := uint64(canary)
	n, err := s.Read(buf[:])
	checkCanary(&before, &after)
	if err != nil {
		return n, err
	}
	return s.Write(buf[:n])
}

// readDeep reads below depth frames, each of which has a buffer that must not
// change.
//
//go:noinline
func readDeep(c *net.TCPConn, in *stream.Cursor, n, depth int) int {
	var buf [320]byte
	if depth > 0 {
		stream.Fill(buf[:], uint64(depth), 0)
		got := readDeep(c, in, n, depth-1)
		work.Must(stream.Check(buf[:], uint64(depth), 0))
		return got
	}
	before, after := uint64(canary), uint64(canary)
	got, err := c.Read(buf[:n])
	work.Must(err)
	checkCanary(&before, &after)
	work.Must(in.Expect(buf[:got]))
	for _, b := range buf[got:] {
		if b != 0 {
			work.Failf("%#x behind the %d bytes that were read", b, got)
		}
	}
	return got
}

//go:noinline
func checkCanary(a, b *uint64) {
	if *a != canary || *b != canary {
		work.Failf("words beside the buffer: %#x %#x", *a, *b)
	}
}

// grow makes the stack large by going deep, and returns.
//
//go:noinline
func grow(depth int) byte {
	var pad [512]byte
	pad[depth%len(pad)] = 1
	if depth > 0 {
		return grow(depth-1) + pad[(depth+1)%len(pad)]
	}
	return pad[0]
}
