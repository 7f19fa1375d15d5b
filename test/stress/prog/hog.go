//go:build linux

// Goroutines that compute beside goroutines that do I/O: as many as there are
// Ps never give way, so completions and queued sends depend on sysmon. None
// may wait for long: an echo that takes a second was forgotten.
package main

import (
	"io"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["hog"] = func(w *work.W) { hog(w, runtime.GOMAXPROCS(0)) }
	programs["hog-idle-p"] = func(w *work.W) { hog(w, runtime.GOMAXPROCS(0)-1) }
}

// maxEcho is far more than a forgotten operation's rescue by the next
// preemption takes, and far less than a test machine's hiccup.
const maxEcho = 3 * time.Second

func hog(w *work.W, hogs int) {
	var x atomic.Uint64
	for range hogs {
		w.Go(1, func(int) {
			for w.Running() {
				for i := range uint64(1e6) {
					x.Store(i)
				}
			}
		})
	}
	p := newPairer("tcp")
	for i := range 8 {
		c, s := p.pair()
		w.Go(1, func(int) { echoServer(s) })
		w.Go(1, func(int) {
			defer c.Close()
			cur := stream.Cursor{Seed: w.Seed + uint64(i)}
			b := make([]byte, 64)
			for w.Running() {
				off := cur.Off
				cur.Next(b)
				start := time.Now()
				work.Must1(c.Write(b))
				work.Must1(io.ReadFull(c, b))
				if d := time.Since(start); d > maxEcho {
					work.Failf("an echo took %v", d)
				}
				work.Must(stream.Check(b, cur.Seed, off))
				w.Add(len(b))
			}
		})
	}
	p.close()
}
