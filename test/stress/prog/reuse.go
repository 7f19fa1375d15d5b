//go:build linux

// Descriptor reuse: connections are opened and closed all the time, many of
// them while the other end or a goroutine of the same end is in a read, so
// that descriptor numbers and poll descriptors are used again at once. A read
// must never return what belongs to another connection, and a read that was
// closed must end.
package main

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["reuse"] = reuse
}

func reuse(w *work.W) {
	before := fds()
	goroutines := runtime.NumGoroutine()
	for _, network := range []string{"tcp", "unix"} {
		w.Go(16, func(k int) {
			p := newPairer(network)
			defer p.close()
			rnd := rand.New(rand.NewPCG(w.Seed, uint64(k)))
			for w.Running() {
				c, s := p.pair()
				reuseOnce(w, c, s, rnd)
			}
		})
	}
	w.Go(4, func(k int) {
		rnd := rand.New(rand.NewPCG(w.Seed, uint64(100+k)))
		for w.Running() {
			reusePipe(w, rnd)
		}
	})
	w.Wait()
	// What the runtime itself opens (epoll, rings) stays.
	work.Settle(goroutines + 4) // the tracer may have its own
	if after := fds(); after > before+2+2*runtime.NumCPU()+16 {
		work.Failf("%d descriptors at the start, %d at the end", before, after)
	}
}

// reuseOnce sends a stream from c to s, ends it in one of several ways, and
// checks that what arrived is the beginning of the stream.
func reuseOnce(w *work.W, c, s net.Conn, rnd *rand.Rand) {
	seed := rnd.Uint64()
	rounds, size := rnd.IntN(6), 1+rnd.IntN(2000)
	how := rnd.IntN(4)
	got := make(chan int64, 1)
	go func() {
		in := stream.Cursor{Seed: seed}
		buf := make([]byte, 1024)
		for {
			n, err := s.Read(buf)
			work.Must(in.Expect(buf[:n]))
			if err != nil {
				if !ended(err) {
					work.Must(err)
				}
				break
			}
		}
		got <- in.Off
	}()
	out := stream.Cursor{Seed: seed}
	buf := make([]byte, size)
	for range rounds {
		out.Next(buf)
		n, err := c.Write(buf)
		work.Must(err)
		if n != size {
			work.Failf("write: %d of %d", n, size)
		}
	}
	exact := false
	switch how {
	case 0: // orderly
		c.Close()
		exact = true
	case 1: // under the reader
		s.Close()
	case 2: // under the reader, after it had time to wait
		time.Sleep(time.Duration(rnd.IntN(100)) * time.Microsecond)
		s.Close()
	case 3: // reset
		if tc, ok := c.(*net.TCPConn); ok {
			tc.SetLinger(0)
		}
		c.Close()
	}
	n := <-got
	if n > out.Off || exact && n != out.Off {
		work.Failf("sent %d, received %d", out.Off, n)
	}
	c.Close()
	s.Close()
	w.Add(int(n))
}

// ended reports whether err is the end of a connection.
func ended(err error) bool {
	return err == io.EOF || errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func reusePipe(w *work.W, rnd *rand.Rand) {
	r, wr, err := os.Pipe()
	work.Must(err)
	seed := rnd.Uint64()
	n := rnd.IntN(5000)
	underReader := rnd.IntN(2) == 0
	go func() {
		b := make([]byte, n)
		stream.Fill(b, seed, 0)
		wr.Write(b)
		if underReader {
			r.Close()
		} else {
			wr.Close()
		}
	}()
	in := stream.Cursor{Seed: seed}
	buf := make([]byte, 700)
	for {
		n, err := r.Read(buf)
		work.Must(in.Expect(buf[:n]))
		if err != nil {
			if !ended(err) {
				work.Must(err)
			}
			break
		}
	}
	if !underReader && in.Off != int64(n) {
		work.Failf("pipe: %d of %d bytes", in.Off, n)
	}
	r.Close()
	wr.Close()
	w.Add(n)
}
