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

// Turns are the values of one side: by round, then by turn.
type Turns map[int]map[int]float64

// Add records a value.
func (t Turns) Add(round, turn int, v float64) {
	if t[round] == nil {
		t[round] = map[int]float64{}
	}
	t[round][turn] = v
}

// All values, in no order.
func (t Turns) All() (out []float64) {
	for _, round := range t {
		for _, v := range round {
			out = append(out, v)
		}
	}
	return out
}

// Ratios divides b by a turn by turn and returns the median of each round. The
// two values of a turn were measured right after one another, so a drift of
// the machine cancels out; a turn that lacks one of them is left out. Rounds
// are new processes, so what differs between them is the spread to show.
func Ratios(a, b Turns) []float64 {
	var out []float64
	for round, turns := range a {
		var ratios []float64
		for turn, va := range turns {
			if vb, ok := b[round][turn]; ok && va != 0 {
				ratios = append(ratios, vb/va)
			}
		}
		if len(ratios) > 0 {
			out = append(out, Median(ratios))
		}
	}
	slices.Sort(out) // map order must not show
	return out
}
