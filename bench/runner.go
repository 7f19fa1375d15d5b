package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/zio-go/zio/bench/internal/report"
)

type runner struct {
	build    *builder
	dir      string // for temporary files
	driver   string
	sides    []side
	procs    []int
	rounds   int
	quick    bool
	patience int           // repetitions of a disturbed turn, on average
	timeout  time.Duration // of one turn of one side
	count    bool
	verbose  bool
	godebug  string
	pg       string // of the pgx cases
	log      *report.Log
	rows     []report.Row
	failures []string
	missing  map[string]bool // sides that cannot be built, told once
}

// player is a side with what it runs.
type player struct {
	side
	bin string
}

// runCase runs all rounds of a case. Round 0 counts system calls: the
// tracepoint costs time, so nothing else is taken from it.
func (r *runner) runCase(c *bcase) {
	players := r.players(c)
	for _, p := range c.procs(r) {
		for round := 0; round <= c.rounds(r); round++ {
			switch {
			case round == 0 && !(c.count && r.count):
			case c.run != nil:
				r.runs(c, players, p, round)
			case c.solo:
				for _, s := range players {
					r.round(c, []player{s}, p, round)
				}
			default:
				r.round(c, players, p, round)
			}
		}
	}
}

// runs is a round of a case whose programs measure themselves.
func (r *runner) runs(c *bcase, players []player, procs, round int) {
	for turn := 1; turn <= c.turns(); turn++ {
		for _, s := range inTurn(players, turn) {
			v, err := c.run(r, c, s.side, s.bin, procs)
			r.save(c, s.side, procs, round, turn, v, err)
		}
	}
}

// players builds the sides that take part in a case.
func (r *runner) players(c *bcase) (out []player) {
	for _, s := range r.sides {
		key := s.kind
		if s.kind == "c" {
			key = s.name
		}
		if !s.plays(c) || r.missing[key] {
			continue
		}
		bin, err := s.binary(r.build, c)
		if err == nil {
			out = append(out, player{s, bin})
			if c.only != "" {
				break // the sides of one kind do not differ
			}
			continue
		}
		r.missing[key] = true
		fmt.Fprintf(os.Stderr, "bench: no side %s: %v\n", s.name, err)
		// The others are extras that a machine may lack.
		if s.kind == "stock" || s.kind == "zio" {
			r.failures = append(r.failures, s.name+": cannot be built")
		}
	}
	return out
}

// save keeps a row, or the failure instead.
func (r *runner) save(c *bcase, s side, procs, round, turn int, v map[string]float64, err error) {
	name := fmt.Sprintf("%s P=%d %s round %d", c.name, procs, s.name, round)
	if err != nil {
		if round == 0 && strings.Contains(err.Error(), "count system calls") {
			r.count = false
			fmt.Fprintf(os.Stderr, "bench: system calls: n/a: %v\n", err)
			return
		}
		r.failures = append(r.failures, name)
		fmt.Fprintf(os.Stderr, "bench: %s FAILED: %v\n", name, err)
		return
	}
	row := report.Row{
		Time: time.Now().UTC().Truncate(time.Second), Case: c.name, Procs: procs, Side: s.name,
		Round: round, Turn: turn, Values: v,
	}
	r.rows = append(r.rows, row)
	if err := r.log.Add(row); err != nil {
		fmt.Fprintln(os.Stderr, "bench: save a row:", err)
	}
	if turn == c.turns() || round == 0 {
		fmt.Fprintf(os.Stderr, "%s:%s\n", name, r.brief(c, row))
	}
}

// brief is the progress line: the medians of the round that row belongs to.
func (r *runner) brief(c *bcase, row report.Row) string {
	values := map[string][]float64{}
	for _, x := range r.rows {
		if x.Case == row.Case && x.Procs == row.Procs && x.Side == row.Side && x.Round == row.Round {
			for k, v := range x.Values {
				values[k] = append(values[k], v)
			}
		}
	}
	var b strings.Builder
	var seen []string
	for _, l := range c.lines {
		if x := values[l.Measure]; x != nil && !slices.Contains(seen, l.Measure) {
			fmt.Fprintf(&b, " %s %s", l.Measure, report.Number(report.Median(x)))
			seen = append(seen, l.Measure)
		}
	}
	return b.String()
}

// disturbed is the share of turns beside which the machine did other work.
func (r *runner) disturbed() float64 {
	var n, bad float64
	for _, row := range r.rows {
		if x, ok := row.Values["noise_cpus"]; ok {
			if n++; x >= noisy {
				bad++
			}
		}
	}
	return bad / max(n, 1)
}
