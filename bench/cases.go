package main

import (
	"slices"

	"github.com/zio-go/zio/bench/internal/report"
)

// bcase is one benchmark. Most are a server under the driver's load; run
// replaces that for those that are not.
type bcase struct {
	name    string
	program string   // below bench/
	args    []string // of the program
	driver  []string
	msgs    int64 // measured in a round; 0: the driver's flags say
	warm    int64
	count   bool   // an extra run counts system calls
	limits  bool   // the C servers and gnet take part
	slow    bool   // only when -run names it
	once    bool   // GOMAXPROCS makes no difference
	most    int    // rounds, at most
	only    string // the kind of sides that take part; empty: see limits
	cpus    placement
	// solo sides run one after the other, each in one long turn: they would
	// disturb each other.
	solo  bool
	lines []report.Line
	run   func(*runner, *bcase, side, string, int) (map[string]float64, error)
	// runs is how often each side runs in a round, in turn: for what is short and
	// varies more from run to run than sides differ. 0 is 1.
	runs int
}

// The constructors of the table's lines. Procs 0 means each GOMAXPROCS.

func less(measure string, must, aim float64) report.Line {
	return report.Line{Measure: measure, Must: must, Aim: aim}
}

func more(measure string, must, aim float64) report.Line {
	return report.Line{Measure: measure, Must: must, Aim: aim, More: true}
}

func atProcs(p int, l report.Line) report.Line { l.Procs = p; return l }

func absolute(l report.Line) report.Line { l.Absolute = true; return l }

func show(measures ...string) (out []report.Line) {
	for _, m := range measures {
		out = append(out, report.Line{Measure: m})
	}
	return out
}

func detail(measures ...string) (out []report.Line) {
	for _, m := range measures {
		out = append(out, report.Line{Measure: m, Detail: true})
	}
	return out
}

// usual is what is shown beside the goals of a case of messages.
func usual(goals ...report.Line) []report.Line {
	return slices.Concat(goals, show("rate"), detail("sys_us", "switches", "threads", "noise_cpus"))
}

func (c *bcase) procs(r *runner) []int {
	if c.once {
		return []int{0}
	}
	return r.procs
}

func (c *bcase) rounds(r *runner) int {
	if c.most > 0 {
		return min(r.rounds, c.most)
	}
	return r.rounds
}

// turns in a round.
func (c *bcase) turns() int {
	switch {
	case c.run != nil:
		return max(1, c.runs)
	case c.solo:
		return 1
	}
	return 10
}
