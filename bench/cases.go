package main

import (
	"fmt"

	"github.com/zio-go/zio/bench/internal/report"
)

// bcase is one benchmark. Most are a server under the driver's load; run
// replaces that for those that are not.
type bcase struct {
	name    string
	program string   // below bench/
	args    []string // of the program
	driver  []string
	msgs    int64 // measured; 0: the driver's flags say
	warm    int64
	count   bool // an extra run counts system calls
	limits  bool // the C servers and gnet take part
	slow    bool // only when -run names it
	once    bool // GOMAXPROCS makes no difference
	lines   []report.Line
	run     func(*runner, *bcase, side, string, int) (map[string]float64, error)
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

func show(measure string) report.Line { return report.Line{Measure: measure} }

func showMore(measure string) report.Line { return report.Line{Measure: measure, More: true} }

func echoArgs(conns, window int, more ...string) []string {
	return append([]string{"-mode=echo", fmt.Sprint("-conns=", conns), fmt.Sprint("-window=", window)}, more...)
}

// cases is the Speed table: what is run, what is reported and the goals.
var cases = []*bcase{
	{
		name: "echo-1000", program: "servers/echo", driver: echoArgs(1000, 1),
		msgs: 400_000, warm: 50_000, count: true, limits: true,
		lines: []report.Line{
			atProcs(1, less("cpu_us", 0.80, 0.70)), atProcs(2, less("cpu_us", 0.88, 0.75)),
			show("sys_us"), absolute(less("syscalls", 0.10, 0.03)), show("switches"), showMore("rate"),
		},
	},
	{
		name: "echo-16", program: "servers/echo", driver: echoArgs(16, 1),
		msgs: 400_000, warm: 50_000, count: true, limits: true,
		lines: []report.Line{less("cpu_us", 1.00, 0.85), show("sys_us"), show("syscalls"), show("switches"), showMore("rate")},
	},
	{ // the requests of a window in one segment, a buffer that takes them all
		name: "echo-64x16", program: "servers/echo", driver: echoArgs(64, 16),
		msgs: 4_000_000, warm: 400_000, count: true, limits: true,
		lines: []report.Line{less("cpu_us", 1.00, 0.85), show("sys_us"), show("syscalls"), show("switches"), showMore("rate")},
	},
	{ // every request a segment of its own
		name: "echo-64x16-split", program: "servers/echo", driver: echoArgs(64, 16, "-split"),
		msgs: 600_000, warm: 60_000, count: true, limits: true,
		lines: []report.Line{less("cpu_us", 1.00, 0.85), show("sys_us"), show("syscalls"), show("switches"), showMore("rate")},
	},
	{ // a buffer of one message: the next read finds its data there
		name: "echo-64x16-small", program: "servers/echo", args: []string{"-buf=64"}, driver: echoArgs(64, 16),
		msgs: 600_000, warm: 60_000, count: true, limits: true,
		lines: []report.Line{less("cpu_us", 1.00, 0.85), show("sys_us"), show("syscalls"), show("switches"), showMore("rate")},
	},
	{
		name: "echo-1", program: "servers/echo", driver: echoArgs(1, 1, "-latency"),
		msgs: 100_000, warm: 10_000, count: true, limits: true,
		lines: []report.Line{
			less("cpu_us", 0.95, 0.80), less("p50_us", 1.00, 0.85), show("p99_us"),
			show("sys_us"), show("syscalls"), show("switches"),
		},
	},
}
