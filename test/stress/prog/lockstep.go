//go:build linux

// Lockstep: rounds in which some goroutines write one message each and all
// wait until every message has arrived. Between the rounds nothing happens
// that could push a forgotten operation along, so one that is left on the ring
// of an idle P, or one wakeup that is lost, stops the round.
package main

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["lockstep"] = lockstep
}

// maxRound is what a round may take on a machine that does other things too;
// it takes far less than a millisecond.
const maxRound = 2 * time.Second

func lockstep(w *work.W) {
	const n = 8
	p := newPairer("tcp")
	var send, recv [n]net.Conn
	for i := range n {
		send[i], recv[i] = p.pair()
	}
	p.close()
	rnd := rand.New(rand.NewPCG(w.Seed, 0))
	var out, in [n]stream.Cursor
	for i := range n {
		out[i].Seed, in[i].Seed = w.Seed+uint64(i), w.Seed+uint64(i)
	}
	for w.Running() {
		start := time.Now()
		k, size := 1+rnd.IntN(n), 1+rnd.IntN(100)
		var wg sync.WaitGroup
		for i := range k {
			wg.Go(func() {
				b := make([]byte, size)
				out[i].Next(b)
				work.Must1(send[i].Write(b))
			})
			wg.Go(func() {
				b := make([]byte, size)
				work.Must1(io.ReadFull(recv[i], b))
				work.Must(in[i].Expect(b))
				w.Add(size)
			})
		}
		wg.Wait()
		if d := time.Since(start); d > maxRound {
			work.Failf("a round of %d messages took %v", k, d)
		}
	}
	for i := range n {
		send[i].Close()
		recv[i].Close()
	}
}
