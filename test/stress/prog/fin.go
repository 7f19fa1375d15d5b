//go:build linux

// The end of a stream behind a short read: a sender writes a few bytes and
// closes at once, so that data and FIN reach the receiver in any order and at
// any moment of its reads. The receiver must get every byte and then the end,
// without waiting for something that does not come.
package main

import (
	"io"
	"math/rand/v2"
	"runtime"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["fin"] = fin
}

func fin(w *work.W) {
	for _, network := range []string{"tcp", "unix"} {
		w.Go(8, func(k int) {
			p := newPairer(network)
			defer p.close()
			rnd := rand.New(rand.NewPCG(w.Seed, uint64(k)))
			for w.Running() {
				finOnce(w, p, rnd)
			}
		})
	}
}

func finOnce(w *work.W, p *pairer, rnd *rand.Rand) {
	c, s := p.pair()
	defer c.Close()
	defer s.Close()
	seed := rnd.Uint64()
	parts := make([]int, 1+rnd.IntN(4))
	for i := range parts {
		parts[i] = 1 + rnd.IntN(3000)
	}
	pause := rnd.IntN(4)
	half := rnd.IntN(2) == 0
	go func() {
		out := stream.Cursor{Seed: seed}
		for _, n := range parts {
			b := make([]byte, n)
			out.Next(b)
			work.Must1(c.Write(b))
			for range pause {
				runtime.Gosched()
			}
		}
		if half {
			work.Must(c.(interface{ CloseWrite() error }).CloseWrite())
		} else {
			c.Close()
		}
	}()
	in := stream.Cursor{Seed: seed}
	buf := make([]byte, 1+rnd.IntN(4096))
	for {
		n, err := s.Read(buf)
		work.Must(in.Expect(buf[:n]))
		if err == io.EOF {
			break
		}
		work.Must(err)
	}
	total := 0
	for _, n := range parts {
		total += n
	}
	if in.Off != int64(total) {
		work.Failf("stream of %d bytes ended after %d", total, in.Off)
	}
	if half {
		// The other direction still works.
		work.Must1(s.Write([]byte("bye")))
		s.Close()
		rest := work.Must1(io.ReadAll(c))
		if string(rest) != "bye" {
			work.Failf("after half close: %q", rest)
		}
	}
	w.Add(total)
}
