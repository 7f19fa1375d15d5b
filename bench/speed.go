package main

import (
	"fmt"
	"slices"

	"github.com/zio-go/zio/bench/internal/report"
)

func echoArgs(conns, window int, more ...string) []string {
	return append([]string{"-mode=echo", fmt.Sprint("-conns=", conns), fmt.Sprint("-window=", window)}, more...)
}

var syscalls = report.Line{Measure: "syscalls"}

// cases is the Speed table: what is run, what is reported, and the goals, must
// and aim. A goal is of the ratio to stock unless it is absolute.
var cases = slices.Concat(echoCases, serverCases, bulkCases, busyCases, scopeCases, otherCases)

var echoCases = []*bcase{
	{
		name: "echo-1000", program: "servers/echo", driver: echoArgs(1000, 1),
		msgs: 400_000, warm: 50_000, count: true, limits: true,
		lines: usual(atProcs(1, less("cpu_us", 0.80, 0.70)), atProcs(2, less("cpu_us", 0.88, 0.75)),
			absolute(less("syscalls", 0.10, 0.03))),
	},
	{
		name: "echo-16", program: "servers/echo", driver: echoArgs(16, 1),
		msgs: 400_000, warm: 50_000, count: true, limits: true,
		lines: usual(less("cpu_us", 1.00, 0.85), syscalls),
	},
	{ // a window of requests in one segment, a buffer that takes them all
		name: "echo-64x16", program: "servers/echo", driver: echoArgs(64, 16),
		msgs: 6_000_000, warm: 600_000, count: true, limits: true,
		lines: usual(less("cpu_us", 1.00, 0.85), syscalls),
	},
	{ // every request a segment of its own
		name: "echo-64x16-split", program: "servers/echo", driver: echoArgs(64, 16, "-split"),
		msgs: 600_000, warm: 60_000, count: true, limits: true,
		lines: usual(less("cpu_us", 1.00, 0.85), syscalls),
	},
	{ // a buffer of one message: the next read finds its data there
		name: "echo-64x16-small", program: "servers/echo", args: []string{"-buf=64"}, driver: echoArgs(64, 16),
		msgs: 600_000, warm: 60_000, count: true,
		lines: usual(less("cpu_us", 1.00, 0.85), syscalls),
	},
	{ // on one processor: the length of the path through the runtime
		name: "echo-1", program: "servers/echo", driver: echoArgs(1, 1, "-latency"), cpus: together,
		msgs: 100_000, warm: 10_000, count: true, limits: true,
		lines: usual(less("cpu_us", 0.95, 0.80), less("p50_us", 1.00, 0.85), report.Line{Measure: "p99_us"}, syscalls),
	},
	{ // on two: each message wakes an idle processor
		name: "echo-1-apart", program: "servers/echo", driver: echoArgs(1, 1, "-latency"), cpus: apart,
		msgs: 40_000, warm: 4_000, count: true, limits: true,
		lines: usual(less("cpu_us", 0.95, 0.80), less("p50_us", 1.00, 0.85), report.Line{Measure: "p99_us"}, syscalls),
	},
}

var serverCases = []*bcase{
	{
		name: "http-128", program: "servers/web", driver: []string{"-mode=http", "-conns=128"},
		msgs: 200_000, warm: 20_000, count: true,
		lines: usual(less("cpu_us", 0.95, 0.88), syscalls),
	},
	{
		name: "tls-256", program: "servers/tlsecho", driver: []string{"-mode=tls", "-conns=256"},
		msgs: 200_000, warm: 20_000, count: true,
		lines: usual(less("cpu_us", 1.00, 0.95), syscalls),
	},
	{
		name: "churn", program: "servers/echo", args: []string{"-once"}, driver: []string{"-mode=churn", "-conns=64"},
		msgs: 40_000, warm: 4_000, count: true,
		lines: usual(less("cpu_us", 1.00, 0.90), syscalls),
	},
	{
		name: "idle-15000", program: "servers/echo", args: []string{"-buf=64"}, driver: []string{"-mode=idle", "-conns=15000", "-warm=0"},
		most: 3, solo: true,
		lines: slices.Concat([]report.Line{less("rss_mb", 1.00, 0.95), less("cpu_us", 1.00, 0.95)},
			show("system_mb", "idle_cpu_ms"), detail("conns", "threads")),
	},
}

// The unit of the bulk cases is a MiB.
func bulk(name, do, mode string, conns int, mib int64) *bcase {
	return &bcase{
		name: name, program: "servers/bulk", args: []string{"-do=" + do},
		driver: []string{"-mode=" + mode, fmt.Sprint("-conns=", conns)}, msgs: mib, warm: mib / 8,
		lines: slices.Concat([]report.Line{more("gbps", 0.98, 1.05)}, show("cpu_us"), detail("sys_us", "switches")),
	}
}

var bulkCases = []*bcase{
	bulk("bulk-send-1", "send", "drain", 1, 8<<10),
	bulk("bulk-send-8", "send", "drain", 8, 8<<10),
	bulk("bulk-recv-1", "recv", "flood", 1, 4<<10),
	bulk("bulk-recv-8", "recv", "flood", 8, 4<<10),
	bulk("sendfile-1", "sendfile", "drain", 1, 16<<10),
	bulk("sendfile-8", "sendfile", "drain", 8, 16<<10),
}

// The goals of the busy cases are in us, since stock needs 10 ms and more. The
// clients think between two messages: in a closed loop the messages that meet
// the server awake would outnumber by far those that have to wake it.
func busyCase(name, spin string, must, aim float64) *bcase {
	return &bcase{
		name: name, program: "servers/echo", args: []string{"-spin=" + spin}, solo: true,
		driver: echoArgs(16, 1, "-latency", "-urgent", "-think=2ms", "-duration=4s", "-msgs=1000000000", "-warm=500"),
		lines: slices.Concat([]report.Line{absolute(less("p99_us", must, aim))}, show("p50_us", "rate"),
			[]report.Line{{Measure: "work_share", More: true}}),
	}
}

// syncCase is latency while goroutines write and sync large files. The goals are ratios:
// the disk has a part in it.
func syncCase(name string, files int) *bcase {
	return &bcase{
		name: name, program: "servers/echo", args: []string{fmt.Sprint("-sync=", files)}, solo: true, most: 3,
		driver: echoArgs(16, 1, "-latency", "-urgent", "-think=2ms", "-duration=4s", "-msgs=1000000000", "-warm=100"),
		lines:  slices.Concat([]report.Line{less("p99_us", 0.5, 0.2)}, show("p50_us", "rate"), []report.Line{{Measure: "synced_mb", More: true}}),
	}
}

var busyCases = []*bcase{
	syncCase("busy-sync", 64),
	busyCase("busy-hog", "hog", 1000, 200),
	busyCase("busy-yield", "yield", 200, 100),
}

// pgxCase is a client: its answers come from a server on the same processors.
func pgxCase(conns int) *bcase {
	return &bcase{
		name: fmt.Sprint("pgx-", conns), args: []string{fmt.Sprint("-conns=", conns)}, run: runPgx, slow: true,
		lines: []report.Line{more("rate", 0.98, 1.05), less("cpu_us", 1.00, 0.90)},
	}
}

// dbCase is a database in a file, from the goroutine that inserts to the disk.
func dbCase(name string) *bcase {
	return &bcase{
		name: name, args: []string{name}, run: runDB, slow: true, most: 5,
		lines: []report.Line{less("insert_us", 1.00, 0.80), less("batch_us", 1.00, 0.80), less("read_us", 1.00, 0.80), less("read_many_us", 1.00, 0.80)},
	}
}

// fileCase is a case of goroutines that read, or append to and sync, files.
func fileCase(name, what string, goroutines int, goals ...report.Line) *bcase {
	lines := goals
	for _, l := range show("rate", "cpu_us", "threads") {
		if !slices.ContainsFunc(goals, func(g report.Line) bool { return g.Measure == l.Measure }) {
			lines = append(lines, l)
		}
	}
	return &bcase{name: name, program: "servers/files", args: []string{what, fmt.Sprint(goroutines)}, run: runReport, most: 3, lines: lines}
}

// scopeCase is a case of package zio. Its ratios are to what is done without that, in
// the same process.
func scopeCase(what string, lines ...report.Line) *bcase {
	for i := range lines {
		lines[i].Absolute = true
	}
	return &bcase{name: "scope-" + what, args: []string{what}, run: runScopes, only: "zio", most: 3, lines: lines}
}

var scopeCases = []*bcase{
	scopeCase("plain", less("pingpong_ratio", 1.05, 1.02), less("pingpong_timeout_ratio", 1.05, 1.02), less("mutex_ratio", 1.05, 1.02), less("spawn_ratio", 1.05, 1.02),
		less("echo_ratio", 1.05, 1.02), less("read_ratio", 1.05, 1.02)),
	scopeCase("timeout", less("timeout_deadline", 1.0, 0.8), less("timeout_context", 0.35, 0.3), report.Line{Measure: "timeout_ns"}, report.Line{Measure: "empty_ns"}),
	scopeCase("group", less("run_1", 1.15, 1.0), less("run_10", 1.05, 1.0), less("run_100", 1.05, 1.0), less("run_1000", 1.05, 1.0),
		less("run_100000", 1.05, 1.0), less("task_bytes", 160, 112)),
	scopeCase("cancel", less("cancel_ms", 50, 20), report.Line{Measure: "cancel_cpu_ms"}),
}

var otherCases = []*bcase{
	pgxCase(1), pgxCase(4), pgxCase(16), pgxCase(64), dbCase("sqlite"), dbCase("bbolt"),
	{
		name: "micro", program: "servers/micro", run: runReport,
		lines: []report.Line{
			less("spawn_10k_ms", 1.02, 0.95), less("sleep_10k_ms", 1.02, 0.95),
			less("pingpong_1_ms", 1.02, 0.95), less("pingpong_100_ms", 1.02, 0.95), less("fan_1000_ms", 1.02, 0.95),
		},
	},
	{
		name: "children-2000", program: "servers/waits", args: []string{"children"}, run: runReport, most: 2, once: true,
		lines: []report.Line{absolute(less("threads", 32, 16))},
	},
	{
		name: "pipes-5000", program: "servers/waits", args: []string{"pipes"}, run: runReport, most: 3, once: true,
		lines: []report.Line{absolute(less("threads", 64, 16)), absolute(less("kb_each", 8, 4))},
	},
	{
		name: "spawn", program: "servers/waits", args: []string{"spawn"}, run: runReport, runs: 40,
		lines: []report.Line{less("one_ms", 1.02, 0.98), less("sixteen_ms", 1.02, 0.98)},
	},
	{
		name: "filter", program: "servers/waits", args: []string{"filter"}, run: runReport, runs: 40,
		lines: []report.Line{less("cpu_ms", 1.02, 0.95), {Measure: "wall_ms"}},
	},
	fileCase("direct-1", "direct", 1, more("rate", 0.98, 1.00), less("cpu_us", 1.02, 1.00)),
	fileCase("direct-64", "direct", 64, more("rate", 2.0, 2.5), absolute(more("of_fio", 0.9, 1.0)), absolute(less("threads", 8, 6))),
	fileCase("direct-1024", "direct", 1024, more("rate", 2.4, 3.0), absolute(more("of_fio", 0.9, 1.0)), absolute(less("threads", 8, 6))),
	fileCase("cold-64", "cold", 64, more("rate", 1.3, 2.0)),
	fileCase("cached-1", "cached", 1, less("cpu_us", 1.02, 0.98)),
	fileCase("cached-64", "cached", 64, less("cpu_us", 1.02, 0.98)),
	fileCase("cached64k-1", "cached64k", 1, less("cpu_us", 1.02, 0.98)),
	fileCase("cached64k-64", "cached64k", 64, less("cpu_us", 1.02, 0.98)),
	fileCase("position-1", "position", 1, less("cpu_us", 1.02, 0.98)),
	fileCase("position-64", "position", 64, less("cpu_us", 1.02, 0.98)),
	fileCase("write-1", "write", 1, less("cpu_us", 1.02, 0.98)),
	fileCase("write-64", "write", 64, less("cpu_us", 1.02, 0.98)),
	fileCase("append-1", "append", 1, less("cpu_us", 1.02, 0.98)),
	fileCase("append-64", "append", 64, less("cpu_us", 1.02, 0.98)),
	fileCase("fsync-64", "sync", 64, more("rate", 1.2, 2.0)),
	fileCase("meta-1", "meta", 1, less("cpu_us", 1.03, 0.95)),
	fileCase("meta-64", "meta", 64, less("cpu_us", 1.03, 0.95)),
	{
		name: "fuse-20000", program: "servers/files", args: []string{"fuse", "20000"}, run: runReport, most: 1, only: "zio",
		lines: []report.Line{absolute(less("threads", 64, 16)), {Measure: "rate", More: true}, {Measure: "cpu_us"}},
	},
	{
		name: "hello", program: "servers/hello", run: runHello,
		lines: []report.Line{less("start_ms", 1.00, 0), less("rss_mb", 1.00, 0), less("threads", 1.00, 0)},
	},
	{
		name: "ziobuild-cold", run: runCold, slow: true, once: true, most: 1, only: "zio",
		lines: []report.Line{absolute(less("wall_s", 60, 20))},
	},
	{
		name: "ziobuild-warm", run: runWarm, slow: true, once: true, only: "zio",
		lines: []report.Line{absolute(less("overhead_ms", 50, 10)), {Measure: "go_ms"}, {Measure: "ziobuild_ms"}},
	},
}
