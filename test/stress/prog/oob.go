//go:build linux

// Urgent data: the peer sends a byte out of band between ordinary bytes. A
// receive ends at its mark though more is queued behind, so a short read
// does not mean that the queue is empty. Every ordinary byte must arrive.
package main

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"syscall"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["oob"] = oob
}

func oob(w *work.W) {
	p := newPairer("tcp")
	for i := range 16 {
		c, s := p.pair()
		o := &oobState{passed: make(chan struct{})}
		cur := stream.Cursor{Seed: w.Seed + uint64(i)}
		w.Go(1, func(int) { o.send(w, c.(*net.TCPConn), cur) })
		w.Go(1, func(int) { o.recv(w, s, cur) })
	}
	p.close()
}

// oobState is what the ends of a connection tell each other behind its back.
type oobState struct {
	want   atomic.Int64  // offset at which the receiver shall speak up, or 0
	passed chan struct{} // it has got there
	total  atomic.Int64
}

func (o *oobState) send(w *work.W, c *net.TCPConn, out stream.Cursor) {
	defer c.Close()
	rnd := rand.New(rand.NewPCG(out.Seed, 6))
	raw := work.Must1(c.SyscallConn())
	buf := make([]byte, 3000)
	for w.Running() {
		n := 1 + rnd.IntN(len(buf))
		out.Next(buf[:n])
		work.Must1(c.Write(buf[:n]))
		if rnd.IntN(3) != 0 {
			continue
		}
		var serr error
		work.Must(raw.Write(func(fd uintptr) bool {
			serr = syscall.Sendto(int(fd), []byte{0}, syscall.MSG_OOB|syscall.MSG_DONTWAIT, nil)
			return !errors.Is(serr, syscall.EAGAIN)
		}))
		work.Must(serr)
		n = 1 + rnd.IntN(len(buf))
		out.Next(buf[:n])
		o.want.Store(out.Off)
		work.Must1(c.Write(buf[:n]))
		// The receiver must be past the mark before there is another:
		// otherwise the urgent byte becomes part of the stream.
		<-o.passed
	}
	o.total.Store(out.Off)
}

func (o *oobState) recv(w *work.W, s net.Conn, in stream.Cursor) {
	defer s.Close()
	buf := make([]byte, 8192)
	for {
		n, err := s.Read(buf)
		work.Must(in.Expect(buf[:n]))
		w.Add(n)
		if err == io.EOF {
			break
		}
		work.Must(err)
		if want := o.want.Load(); want != 0 && in.Off >= want {
			o.want.Store(0)
			o.passed <- struct{}{}
		}
	}
	if want := o.total.Load(); in.Off != want {
		work.Failf("stream %#x: %d bytes sent, %d received", in.Seed, want, in.Off)
	}
}
