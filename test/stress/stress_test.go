//go:build linux

// Package stress runs programs that do much I/O in ways that are hard on the
// runtime, on every backend. The programs check every byte themselves and
// print a last line that starts with "done"; see prog.
//
// By default each runs for a moment only. scripts/stress.sh runs them for long.
package stress

import (
	"flag"
	"fmt"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/zgo"
)

var (
	howLong = flag.Duration("stress.time", 150*time.Millisecond, "how long each program runs")
	full    = flag.Bool("stress.full", false, "run every program on every backend at every GOMAXPROCS, and the variants that take long to build")
)

func TestMain(m *testing.M) { zgo.Main(m) }

// A program is one of prog, with what it needs to be run with.
type program struct {
	name  string
	debug string // added to GODEBUG
	poke  func(pid int, stop <-chan struct{})
}

var programs = []program{
	{name: "echo"},
	{name: "echo-unix"},
	{name: "pipelined"},
	{name: "lockstep"},
	{name: "fin"},
	// The kernel answers EAGAIN at the urgent mark while a signal is pending,
	// though there is data behind it, and a goroutine that waits for an edge
	// then waits for ever: with upstream's poller too.
	{name: "oob", debug: ",asyncpreemptoff=1"},
	{name: "rights"},
	{name: "deadline"},
	{name: "close"},
	{name: "reuse"},
	{name: "stack"},
	{name: "locked"},
	{name: "hog"},
	{name: "hog-idle-p"},
	{name: "bulk"},
	{name: "datagram"},
	{name: "files"},
	{name: "handlers"},
	{name: "handlers-tls"},
	{name: "handlers-unix"},
	{name: "forks"},
	{name: "signals", poke: stopAndContinue},
}

// stopAndContinue stops the process and lets it go on, again and again.
func stopAndContinue(pid int, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(15 * time.Millisecond):
		}
		syscall.Kill(pid, syscall.SIGSTOP)
		time.Sleep(5 * time.Millisecond)
		syscall.Kill(pid, syscall.SIGCONT)
	}
}

// A variant is another way to build or to run programs.
type variant struct {
	name     string
	args     []string
	debug    string
	build    []string
	programs []string
	long     bool // only with -stress.full
}

var variants = []variant{
	{name: "gc", args: []string{"-gc"}, programs: []string{"echo", "pipelined", "deadline", "reuse", "stack", "handlers", "files"}},
	{name: "changeprocs", args: []string{"-changeprocs"}, programs: []string{"echo", "lockstep", "deadline", "reuse", "locked", "hog", "files"}},
	{name: "stops", args: []string{"-stops"}, programs: []string{"echo", "pipelined", "lockstep", "stack", "close", "files"}},
	{name: "asyncpreemptoff", debug: ",asyncpreemptoff=1", programs: []string{"echo", "stack", "hog-idle-p"}},
	{name: "gcstoptheworld", debug: ",gcstoptheworld=2", args: []string{"-gc"}, programs: []string{"echo", "stack"}},
	{name: "checkmark", debug: ",gccheckmark=1,clobberfree=1", args: []string{"-gc"}, programs: []string{"stack", "reuse", "files"}},
	{name: "race", build: []string{"-race"}, long: true, programs: []string{"echo", "pipelined", "fin", "deadline", "close", "reuse", "stack", "rights", "datagram", "handlers", "handlers-tls", "files"}},
}

func TestStress(t *testing.T) {
	bin := zgo.Patched(t).Build(t, "./prog")
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			for _, backend := range zgo.Backends {
				for _, procs := range zgo.Procs {
					if *full && backend == "off" && procs != 2 || !*full && procs != 2 {
						continue
					}
					t.Run(fmt.Sprintf("%s-%d", backend, procs), func(t *testing.T) {
						run(t, bin, backend, procs, p, nil)
					})
				}
			}
		})
	}
}

func TestVariants(t *testing.T) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			if v.long && !*full {
				t.Skip("takes long to build: only with -stress.full")
			}
			if v.name == "race" {
				zgo.NeedCC(t)
			}
			bin := zgo.Patched(t).Build(t, "./prog", v.build...)
			for _, name := range v.programs {
				for _, procs := range zgo.Procs {
					if !*full && procs != 2 {
						continue
					}
					t.Run(fmt.Sprintf("%s-%d", name, procs), func(t *testing.T) {
						run(t, bin, "io_uring", procs, program{name: name, debug: v.debug}, v.args)
					})
				}
			}
		})
	}
}

func TestCgo(t *testing.T) {
	zgo.NeedCC(t)
	bin := zgo.Patched(t).Build(t, "./cgoprog")
	for _, backend := range zgo.Backends {
		t.Run(backend, func(t *testing.T) {
			run(t, bin, backend, 2, program{name: "cgo"}, nil)
		})
	}
}

var doneLine = regexp.MustCompile(`(?m)^done ops=(\d+) bytes=(\d+) ring=\d+ backend=(\S+)$`)

func run(t *testing.T, bin, backend string, procs int, p program, args []string) {
	if backend == "io_uring" {
		zgo.NeedUring(t)
	}
	r := child.Run(child.Cmd{
		Path:    bin,
		Args:    append([]string{"-t", howLong.String()}, append(args, p.name)...),
		Env:     []string{fmt.Sprintf("GODEBUG=zio=%s%s", backend, p.debug), fmt.Sprintf("GOMAXPROCS=%d", procs)},
		Timeout: *howLong + 90*time.Second,
		Poke:    p.poke,
	})
	if bad := r.Bad(); bad != "" {
		t.Fatal(bad)
	}
	m := doneLine.FindStringSubmatch(r.Stdout)
	switch {
	case m == nil:
		t.Fatalf("no completion line in %q", r.Stdout)
	case m[3] != backend:
		t.Fatalf("ran on %s, not on %s", m[3], backend)
	case m[1] == "0":
		t.Fatalf("nothing done: %s", m[0])
	}
	t.Log(m[0], "in", r.Elapsed.Round(time.Millisecond))
}
