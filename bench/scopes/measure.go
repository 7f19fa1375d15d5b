//go:build zio

package main

import (
	"slices"
	"syscall"
	"time"
)

// cpu returns the CPU time of the process.
func cpu() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func wall() time.Duration { return time.Duration(time.Now().UnixNano()) }

const rounds = 15

// compare runs functions in turn, n times each in a round, and returns for each the
// medians of the time by clock for one call, in ns, and of the ratio to the first one's.
// Neighbors in time are compared, since the machine's speed drifts.
func compare(clock func() time.Duration, n int, fns ...func()) (ns, ratio []float64) {
	times := make([][]float64, len(fns))
	ratios := make([][]float64, len(fns))
	for range rounds {
		for i, fn := range fns {
			start := clock()
			for range n {
				fn()
			}
			times[i] = append(times[i], float64(clock()-start)/float64(n))
		}
		for i := range fns {
			last := len(times[i]) - 1
			ratios[i] = append(ratios[i], times[i][last]/times[0][last])
		}
	}
	for i := range fns {
		ns = append(ns, median(times[i]))
		ratio = append(ratio, median(ratios[i]))
	}
	return ns, ratio
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}
