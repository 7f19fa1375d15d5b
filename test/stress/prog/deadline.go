//go:build linux

// Deadline storm: reads and writes under deadlines of some microseconds, most
// of which pass while the operation waits, some just as it completes. A read
// that timed out has taken nothing; a write that timed out has sent what it
// says. A second goroutine moves the deadline about.
package main

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"time"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["deadline"] = deadline
}

func deadline(w *work.W) {
	for _, network := range []string{"tcp", "unix"} {
		p := newPairer(network)
		for k := range 20 {
			c, s := p.pair()
			seed := w.Seed + uint64(k)
			w.Go(1, func(int) { deadlineSend(w, c, seed, k%4) })
			w.Go(1, func(int) { deadlineRecv(w, s, seed, k) })
		}
		p.close()
	}
}

// deadlineSend sends parts that are small and far between, or large and such
// that they fill the socket buffers.
func deadlineSend(w *work.W, c net.Conn, seed uint64, kind int) {
	defer c.Close()
	rnd := rand.New(rand.NewPCG(seed, 2))
	out := stream.Cursor{Seed: seed}
	buf := make([]byte, 256<<10)
	for w.Running() {
		n := 1 + rnd.IntN(200)
		if kind == 0 {
			n = 1 + rnd.IntN(len(buf))
		}
		p := buf[:n]
		stream.Fill(p, seed, out.Off)
		for len(p) > 0 {
			c.SetWriteDeadline(time.Now().Add(time.Duration(rnd.IntN(300)) * time.Microsecond))
			n, err := c.Write(p)
			p = p[n:]
			out.Off += int64(n)
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				work.Must(err)
			}
			if err == nil && len(p) > 0 {
				work.Failf("write of %d bytes left %d and no error", n+len(p), len(p))
			}
			w.Add(0)
		}
		if kind != 0 {
			time.Sleep(time.Duration(rnd.IntN(200)) * time.Microsecond)
		}
	}
	// Tell how much there was.
	c.SetWriteDeadline(time.Time{})
	tail := make([]byte, 8)
	for i := range tail {
		tail[i] = byte(out.Off >> (8 * i))
	}
	work.Must1(c.Write(tail))
}

func deadlineRecv(w *work.W, s net.Conn, seed uint64, k int) {
	defer s.Close()
	rnd := rand.New(rand.NewPCG(seed, 3))
	if k%2 == 0 {
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			rnd := rand.New(rand.NewPCG(seed, 4))
			for {
				select {
				case <-stop:
					return
				default:
				}
				s.SetReadDeadline(time.Now().Add(time.Duration(rnd.IntN(500)-50) * time.Microsecond))
				time.Sleep(time.Duration(rnd.IntN(100)) * time.Microsecond)
			}
		}()
	}
	in := stream.Cursor{Seed: seed}
	buf := make([]byte, 16<<10)
	var tail []byte // the last 8 bytes, which may be the length
	for {
		if k%2 == 1 {
			s.SetReadDeadline(time.Now().Add(time.Duration(rnd.IntN(300)) * time.Microsecond))
		}
		n, err := s.Read(buf[:1+rnd.IntN(len(buf))])
		if err != nil && n != 0 {
			work.Failf("read returned %d and %v", n, err)
		}
		if n > 0 {
			all := append(tail, buf[:n]...)
			if keep := len(all) - 8; keep > 0 {
				work.Must(in.Expect(all[:keep]))
				all = all[keep:]
			}
			tail = append([]byte(nil), all...)
			w.Add(n)
		}
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			work.Must(err)
		}
	}
	var want int64
	for i, b := range tail {
		want |= int64(b) << (8 * i)
	}
	if in.Off != want {
		work.Failf("stream %#x: %d bytes sent, %d received", seed, want, in.Off)
	}
}
