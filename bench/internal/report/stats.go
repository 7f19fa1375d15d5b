// Package report holds the arithmetic and the table of the benchmarks, and the
// raw rows that are saved.
package report

import (
	"math"
	"slices"
)

// Median of v; NaN when v is empty.
func Median(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(v))
	m := len(s) / 2
	if len(s)%2 == 1 {
		return s[m]
	}
	return (s[m-1] + s[m]) / 2
}

// Spread is a median with the smallest and the largest value beside it.
type Spread struct {
	Median, Min, Max float64
	N                int
}

// Summary of v.
func Summary(v []float64) Spread {
	if len(v) == 0 {
		return Spread{math.NaN(), math.NaN(), math.NaN(), 0}
	}
	return Spread{Median(v), slices.Min(v), slices.Max(v), len(v)}
}

// Ratios divides b by a round by round: the two values of one round were
// measured right after one another, so a drift of the machine cancels out. A
// round that lacks one of them is left out.
func Ratios(a, b map[int]float64) []float64 {
	var out []float64
	for round, va := range a {
		if vb, ok := b[round]; ok && va != 0 {
			out = append(out, vb/va)
		}
	}
	slices.Sort(out) // map order must not show
	return out
}
