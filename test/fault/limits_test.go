//go:build linux

package fault

import (
	"strings"
	"testing"

	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/zgo"
)

// runProg runs one of prog and returns its output without the last line.
func runProg(t *testing.T, name, backend string, env ...string) string {
	t.Helper()
	return runProgArgs(t, []string{name}, backend, env...)
}

func runProgArgs(t *testing.T, args []string, backend string, env ...string) string {
	t.Helper()
	if backend == "io_uring" {
		zgo.NeedUring(t)
	}
	bin := zgo.Patched(t).Build(t, "./prog")
	r := child.Run(child.Cmd{Path: bin, Args: args, Env: append([]string{"GODEBUG=zio=" + backend}, env...)})
	if bad := r.Bad(); bad != "" {
		t.Fatal(bad)
	}
	out, ok := strings.CutSuffix(r.Stdout, "end\n")
	if !ok {
		t.Fatalf("%s stopped half-way: %q", args[0], r.Stdout)
	}
	return out
}

// No descriptor is left for the first ring: epoll takes over, or the error
// says so if the backend was asked for by name.
func TestNoDescriptorForFirstRing(t *testing.T) {
	zgo.NeedUring(t)
	if got, want := runProg(t, "limit-first-ring", "auto"), "backend epoll\nbackend epoll\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	bin := zgo.Patched(t).Build(t, "./prog")
	r := child.Run(child.Cmd{Path: bin, Args: []string{"limit-first-ring"}, Env: []string{"GODEBUG=zio=io_uring"}})
	if r.Code != 2 || !strings.Contains(r.Stderr, "io_uring_setup") || !strings.Contains(r.Stderr, "errno 24") {
		t.Errorf("forced: exit status %d, %q", r.Code, r.Stderr)
	}
}

// No descriptor is left for the ring of a P: it sends directly, and gets a ring
// once there is room.
func TestNoDescriptorForLaterRing(t *testing.T) {
	for _, procs := range []string{"1", "2", "8"} {
		got := runProg(t, "limit-later-ring", "io_uring", "GOMAXPROCS="+procs)
		if want := "rings 1\nrings 1\nmore rings true\n"; got != want {
			t.Errorf("GOMAXPROCS=%s: got %q, want %q", procs, got, want)
		}
	}
}

// Accept at the limit fails with an error that says so, connections that are
// open go on, and those that wait are accepted when there is room.
func TestAcceptAtLimit(t *testing.T) {
	for _, backend := range zgo.Backends {
		t.Run(backend, func(t *testing.T) {
			got := runProg(t, "limit-accept", backend)
			if want := "limit reached: true\nclient: 100 connections\nend\n"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
