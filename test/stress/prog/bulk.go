//go:build linux

// Large transfers with slow readers: writes of up to a megabyte go out in
// parts as the receiver makes room, by Write, net.Buffers and io.Copy in turns.
package main

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"runtime"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["bulk"] = bulk
}

func bulk(w *work.W) {
	for _, network := range []string{"tcp", "unix"} {
		p := newPairer(network)
		for i := range 6 {
			c, s := p.pair()
			seed := w.Seed + uint64(i)
			total := make(chan int64, 1)
			w.Go(1, func(int) { bulkSend(w, c, seed, total) })
			w.Go(1, func(int) { bulkRecv(w, s, seed, total) })
		}
		p.close()
	}
}

func bulkSend(w *work.W, c net.Conn, seed uint64, total chan<- int64) {
	defer c.Close()
	rnd := rand.New(rand.NewPCG(seed, 10))
	out := stream.Cursor{Seed: seed}
	buf := make([]byte, 1<<20)
	for w.Running() {
		b := buf[:1+rnd.IntN(1<<(1+rnd.IntN(20)))]
		out.Next(b)
		switch rnd.IntN(3) {
		case 0:
			if n, err := c.Write(b); err != nil || n != len(b) {
				work.Failf("write: %d of %d, %v", n, len(b), err)
			}
		case 1:
			var v net.Buffers
			for rest := b; len(rest) > 0; {
				n := min(len(rest), 1+rnd.IntN(20000))
				v = append(v, rest[:n])
				rest = rest[n:]
			}
			if n, err := v.WriteTo(c); err != nil || n != int64(len(b)) {
				work.Failf("buffers: %d of %d, %v", n, len(b), err)
			}
		case 2:
			if n, err := io.Copy(c, struct{ io.Reader }{bytes.NewReader(b)}); err != nil || n != int64(len(b)) {
				work.Failf("copy: %d of %d, %v", n, len(b), err)
			}
		}
	}
	total <- out.Off
}

func bulkRecv(w *work.W, s net.Conn, seed uint64, total <-chan int64) {
	defer s.Close()
	rnd := rand.New(rand.NewPCG(seed, 11))
	in := stream.Cursor{Seed: seed}
	buf := make([]byte, 200<<10)
	for {
		n, err := s.Read(buf[:1+rnd.IntN(1<<(1+rnd.IntN(17)))])
		work.Must(in.Expect(buf[:n]))
		w.Add(n)
		if err == io.EOF {
			break
		}
		work.Must(err)
		if rnd.IntN(8) == 0 {
			runtime.Gosched()
		}
	}
	if want := <-total; in.Off != want {
		work.Failf("stream %#x: %d bytes sent, %d received", seed, want, in.Off)
	}
}
