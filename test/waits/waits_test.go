//go:build linux

// Package waits shows that a goroutine that waits for a child, a pipe or a
// terminal holds no thread, obeys its deadline and ends at Close, on every
// backend. What such files do otherwise is compared with stock Go in
// test/conformance, areas child and blocking.
package waits

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/zgo"
)

func TestMain(m *testing.M) { flag.Parse(); zgo.Main(m) }

var full = flag.Bool("waits.full", false, "as many children and pipes as the benchmarks have")

// each runs f on every backend of the submission core.
func each(t *testing.T, f func(t *testing.T, backend string)) {
	for _, b := range zgo.Backends {
		if b == "off" {
			continue
		}
		t.Run(b, func(t *testing.T) {
			if b == "io_uring" {
				zgo.NeedUring(t)
			}
			f(t, b)
		})
	}
}

// run runs a program of prog, which prints what went wrong and then "done". More settings
// of GODEBUG may follow the backend.
func run(t *testing.T, backend string, args ...string) {
	t.Helper()
	runBuilt(t, zgo.Patched(t).With("CGO_ENABLED=0").Build(t, "./prog"), backend, args...)
}

func runBuilt(t *testing.T, bin, backend string, args ...string) {
	t.Helper()
	r := child.Run(child.Cmd{Path: bin, Args: args, Env: []string{"GODEBUG=zio=" + backend}})
	if bad := r.Bad(); bad != "" {
		t.Fatal(bad)
	}
	if r.Stdout != "done\n" {
		t.Fatalf("%s%s", r.Stdout, r.Stderr)
	}
}

func number(small, large int) string {
	if *full {
		small = large
	}
	return fmt.Sprint(small)
}

func TestChildrenHoldNoThread(t *testing.T) {
	each(t, func(t *testing.T, backend string) { run(t, backend, "children", number(150, 2000)) })
}

func TestPipesHoldNoThread(t *testing.T) {
	each(t, func(t *testing.T, backend string) { run(t, backend, "pipes", number(500, 15000)) })
}

func TestDeadlines(t *testing.T) {
	each(t, func(t *testing.T, backend string) { run(t, backend, "deadlines") })
}

// Reads of a file that wait for the disk are in flight in a ring. On other backends a
// thread waits for each.
func TestFilesHoldNoThread(t *testing.T) {
	zgo.NeedUring(t)
	run(t, "io_uring", "files")
}

func TestFileDeadlines(t *testing.T) {
	each(t, func(t *testing.T, backend string) { run(t, backend, "file-deadlines") })
}

func TestCloseEndsWait(t *testing.T) {
	each(t, func(t *testing.T, backend string) { run(t, backend, "close") })
}

// A thread that lingers in the kernel is told when that becomes long, also if
// nothing else happens. The poll backend's own thread waits in the same call.
func TestLingerEnds(t *testing.T) {
	for _, backend := range []string{"io_uring", "epoll"} {
		t.Run(backend, func(t *testing.T) {
			if backend == "io_uring" {
				zgo.NeedUring(t)
			}
			run(t, backend, "lingers")
		})
	}
}

// splice(2) to a full pipe is waited for.
func TestSpliceToPipe(t *testing.T) {
	each(t, func(t *testing.T, backend string) { run(t, backend, "splice") })
}

// The waits are operations in ziotrace and IO wait in a goroutine dump.
func TestWaitsShow(t *testing.T) {
	bin := zgo.Patched(t).With("CGO_ENABLED=0").Build(t, "./prog")
	r := child.Run(child.Cmd{Path: bin, Args: []string{"show"}, Env: []string{"GODEBUG=zio=epoll,ziotrace=10"}})
	if bad := r.Bad(); bad != "" {
		t.Fatal(bad)
	}
	if !strings.Contains(r.Stderr, " inflight=20 ") {
		t.Errorf("ziotrace does not show the 20 waits:\n%s", child.Trim(r.Stderr, 2000))
	}
	if n := strings.Count(r.Stdout, "[IO wait"); n != 20 {
		t.Errorf("%d goroutines in IO wait, want 20:\n%s", n, child.Trim(r.Stdout, 4000))
	}
}

// Off is upstream: a thread for each child, no deadlines.
func TestOffIsUpstream(t *testing.T) {
	run(t, "off", "upstream")
}

// A runtime that checks the order of its locks finds none out of order, also if
// a wait is the first thing that the program does.
func TestLockRanks(t *testing.T) {
	bin := zgo.Patched(t).With("CGO_ENABLED=0", "GOEXPERIMENT=staticlockranking").Build(t, "./prog")
	each(t, func(t *testing.T, backend string) {
		for range 5 {
			runBuilt(t, bin, backend, "pipes", "50")
		}
		runBuilt(t, bin, backend, "children", "20")
		runBuilt(t, bin, backend, "close")
		runBuilt(t, bin, backend+",ziothreads=1", "file-race", "10")
	})
}
