//go:build linux

// Close against operations in flight: reads, writes, accepts, connects and
// datagram receives that wait, closed by another goroutine at a random moment.
// Each must end with net.ErrClosed, and no goroutine may be left.
package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"time"

	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["close"] = closing
}

func closing(w *work.W) {
	goroutines := runtime.NumGoroutine()
	for k, f := range []func(*work.W, *pairer, *rand.Rand){closeRead, closeWrite, closeAccept, closeDial, closePacket, closePipe} {
		for j, network := range []string{"tcp", "unix"} {
			w.Go(4, func(i int) {
				p := newPairer(network)
				defer p.close()
				rnd := rand.New(rand.NewPCG(w.Seed, uint64(1000*k+100*j+i)))
				for w.Running() {
					f(w, p, rnd)
					w.Add(0)
				}
			})
		}
	}
	w.Wait()
	work.Settle(goroutines + 4) // the tracer may have its own
}

// nap waits for a random time that is often too short to matter.
func nap(rnd *rand.Rand) {
	switch n := rnd.IntN(4); n {
	case 0:
	case 1:
		runtime.Gosched()
	default:
		time.Sleep(time.Duration(rnd.IntN(150)) * time.Microsecond)
	}
}

// wantClosed waits for the result of an operation on something that was closed.
func wantClosed(what string, err error) {
	if !errors.Is(err, net.ErrClosed) && !errors.Is(err, os.ErrClosed) {
		work.Failf("%s: %v, want that it is closed", what, err)
	}
}

func closeRead(w *work.W, p *pairer, rnd *rand.Rand) {
	c, s := p.pair()
	res := make(chan error, 1)
	go func() {
		_, err := s.Read(make([]byte, 100))
		res <- err
	}()
	nap(rnd)
	s.Close()
	wantClosed("read", <-res)
	c.Close()
}

func closeWrite(w *work.W, p *pairer, rnd *rand.Rand) {
	c, s := p.pair()
	size := []int{100, 4000, 16 << 10, 100 << 10}[rnd.IntN(4)]
	res := make(chan error, 1)
	go func() {
		b := make([]byte, size)
		for {
			if _, err := c.Write(b); err != nil {
				res <- err
				return
			}
		}
	}()
	nap(rnd)
	c.Close()
	wantClosed("write", <-res)
	s.Close()
}

func closeAccept(w *work.W, p *pairer, rnd *rand.Rand) {
	ln := listen(p.ln.Addr().Network())
	res := make(chan error, 1)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				res <- err
				return
			}
			c.Close()
		}
	}()
	if rnd.IntN(2) == 0 {
		c, err := net.Dial(ln.Addr().Network(), ln.Addr().String())
		work.Must(err)
		c.Close()
	}
	nap(rnd)
	ln.Close()
	wantClosed("accept", <-res)
}

func closeDial(w *work.W, p *pairer, rnd *rand.Rand) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		var d net.Dialer
		c, err := d.DialContext(ctx, p.ln.Addr().Network(), p.ln.Addr().String())
		if err == nil {
			c.Close()
		} else if ctx.Err() == nil {
			work.Must(err)
		}
	}()
	go func() {
		p.ln.(interface{ SetDeadline(time.Time) error }).SetDeadline(time.Now().Add(2 * time.Millisecond))
	}()
	nap(rnd)
	cancel()
	<-done
	for {
		// Whatever has got as far as the queue.
		c, err := p.ln.Accept()
		if err != nil {
			break
		}
		c.Close()
	}
	p.ln.(interface{ SetDeadline(time.Time) error }).SetDeadline(time.Time{})
}

func closePacket(w *work.W, p *pairer, rnd *rand.Rand) {
	var pc net.PacketConn
	if p.ln.Addr().Network() == "tcp" {
		pc = work.Must1(net.ListenPacket("udp", "127.0.0.1:0"))
	} else {
		pc = work.Must1(net.ListenPacket("unixgram", sockName()))
	}
	res := make(chan error, 1)
	go func() {
		_, _, err := pc.ReadFrom(make([]byte, 100))
		res <- err
	}()
	nap(rnd)
	pc.Close()
	wantClosed("datagram receive", <-res)
}

func closePipe(w *work.W, p *pairer, rnd *rand.Rand) {
	r, wr, err := os.Pipe()
	work.Must(err)
	res := make(chan error, 2)
	go func() {
		_, err := r.Read(make([]byte, 100))
		res <- err
	}()
	nap(rnd)
	r.Close()
	wantClosed("pipe read", <-res)
	wr.Close()
}
