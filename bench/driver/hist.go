package main

import (
	"math/bits"
	"time"
)

// hist is a latency histogram with 32 buckets per power of two (3 %), so that
// recording allocates nothing and costs a few ns.
type hist struct {
	n      int64
	counts [64 * 32]int64
}

func bucket(ns uint64) int {
	if ns < 32 {
		return int(ns)
	}
	e := bits.Len64(ns) - 6 // ns>>e is in 32..63
	return (e+1)*32 + int(ns>>e) - 32
}

// low is the smallest value in bucket i.
func low(i int) uint64 {
	if i < 32 {
		return uint64(i)
	}
	return uint64(i%32+32) << (i/32 - 1)
}

func (h *hist) add(d time.Duration) {
	h.n++
	h.counts[bucket(uint64(max(d, 0)))]++
}

// quantile gives the middle of the bucket that holds the q-th value, in us.
func (h *hist) quantile(q float64) float64 {
	want := int64(q * float64(h.n))
	var seen int64
	for i, c := range h.counts {
		if seen += c; seen > want {
			return float64(low(i)+low(i+1)) / 2 / 1e3
		}
	}
	return 0
}
