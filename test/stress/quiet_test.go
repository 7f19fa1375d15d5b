//go:build linux

package stress

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/zgo"
)

// runQuiet runs a program of which the runtime must find out by itself
// whether it is deadlocked, which it does in programs without cgo.
func runQuiet(t *testing.T, backend string, procs int, args ...string) child.Result {
	t.Helper()
	if backend == "io_uring" {
		zgo.NeedUring(t)
	}
	return child.Run(child.Cmd{
		Path:    zgo.Patched(t).With("CGO_ENABLED=0").Build(t, "./quiet"),
		Args:    args,
		Env:     []string{"GODEBUG=zio=" + backend, fmt.Sprintf("GOMAXPROCS=%d", procs)},
		Timeout: 30 * time.Second,
	})
}

// Programs whose goroutines only send are not taken for deadlocked while a
// batch of sends is under way.
func TestSendersAreNotDeadlocked(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		for _, backend := range zgo.Backends {
			for _, procs := range zgo.Procs {
				for _, option := range []string{"-changeprocs=false", "-changeprocs"} {
					if !*full && (backend != "io_uring" && (procs != 1 || option == "-changeprocs") || procs == 8) {
						continue
					}
					t.Run(fmt.Sprintf("%s-%s-%d%s", network, backend, procs, option), func(t *testing.T) {
						// Only a ring has batches.
						rounds := 400
						if backend != "io_uring" {
							rounds = 50
						}
						r := runQuiet(t, backend, procs, option, fmt.Sprint("-rounds=", rounds), network)
						if bad := r.Bad(); bad != "" {
							t.Fatal(bad)
						}
						if want := fmt.Sprintf("done rounds=%d backend=%s\n", rounds, backend); r.Stdout != want {
							t.Errorf("got %q, want %q", r.Stdout, want)
						}
					})
				}
			}
		}
	}
}

// A program that is deadlocked is told so as soon as its last sends are over.
func TestDeadlockIsReported(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		for _, backend := range zgo.Backends {
			for _, procs := range zgo.Procs {
				if procs == 2 && !*full {
					continue
				}
				t.Run(fmt.Sprintf("%s-%s-%d", network, backend, procs), func(t *testing.T) {
					r := runQuiet(t, backend, procs, "-stuck", "-rounds=5", network)
					if r.TimedOut {
						t.Fatal(r.Bad())
					}
					if r.Code != 2 || !strings.HasPrefix(r.Stderr, "fatal error: all goroutines are asleep - deadlock!\n") {
						t.Fatalf("exit status %d, %s", r.Code, child.Trim(r.Stderr, 500))
					}
					if !strings.Contains(r.Stderr, "goroutine 1 [select (no cases)") || strings.Contains(r.Stderr, "Write(") {
						t.Errorf("not all senders have returned:\n%s", child.Trim(r.Stderr, 2000))
					}
				})
			}
		}
	}
}
