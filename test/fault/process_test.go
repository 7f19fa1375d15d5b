//go:build linux

package fault

import (
	"os"
	"strings"
	"testing"

	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/zgo"
)

// Privileges are dropped while operations are in flight.
func TestSetuid(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	for _, backend := range zgo.Backends {
		t.Run(backend, func(t *testing.T) {
			if got, want := runProg(t, "setuid", backend), "backend "+backend+"\n"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// The program replaces itself while rings are in use: the new one has none of
// the old one's descriptors.
func TestExec(t *testing.T) {
	for _, backend := range []string{"io_uring", "epoll"} {
		t.Run(backend, func(t *testing.T) {
			got := runProg(t, "exec", backend)
			want := "io_uring 0\nsocket 0\n"
			if backend == "io_uring" {
				want = "rings before: true\n" + want
			} else {
				want = "rings before: false\n" + want
			}
			if got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// Children that are started while rings are in use have none of them.
func TestFork(t *testing.T) {
	for _, backend := range []string{"io_uring", "epoll", "poll"} {
		t.Run(backend, func(t *testing.T) { runProg(t, "fork", backend) })
	}
}

// The program forbids io_uring to itself while it is in use.
func TestSandboxedLater(t *testing.T) {
	needJail(t, "io_uring_setup=EPERM")
	for _, procs := range []string{"1", "2"} {
		runProg(t, "sandbox", "io_uring", "GOMAXPROCS="+procs)
	}
}

// Threads that end with their goroutine, and signals, while operations are in
// flight.
func TestLockedThreadsAndSignals(t *testing.T) {
	for _, name := range []string{"locked", "signals"} {
		for _, backend := range []string{"io_uring", "epoll", "poll"} {
			t.Run(name+"-"+backend, func(t *testing.T) {
				if backend == "io_uring" {
					zgo.NeedUring(t)
				}
				bin, args := load(t, name)
				r := child.Run(child.Cmd{Path: bin, Args: args, Env: []string{"GODEBUG=zio=" + backend}})
				checkDone(t, r, backend)
			})
		}
	}
}

// Stopped and continued, again and again.
func TestStopped(t *testing.T) {
	for _, backend := range []string{"io_uring", "epoll", "poll"} {
		t.Run(backend, func(t *testing.T) {
			if got, want := runProg(t, "stopped", backend), "backend "+backend+"\n"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// More sends at once than a ring has entries.
func TestQueueFull(t *testing.T) {
	for _, procs := range []string{"1", "2"} {
		if got, want := runProg(t, "full", "io_uring", "GOMAXPROCS="+procs), "backend io_uring\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

const sysctl = "/proc/sys/kernel/io_uring_disabled"

// The sysctl refuses io_uring to everybody. It is the whole machine's, so the
// test does it only where it is told to, and puts it back.
func TestSysctl(t *testing.T) {
	if os.Getenv("ZIO_TEST_SYSCTL") == "" {
		t.Skip("changes a setting of the whole machine: set ZIO_TEST_SYSCTL=1 to allow it for a moment")
	}
	old, err := os.ReadFile(sysctl)
	if err != nil {
		t.Skip(err)
	}
	bin := zgo.Patched(t).Build(t, "../internal/zgo/probe")
	if err := os.WriteFile(sysctl, []byte("2\n"), 0o644); err != nil {
		t.Skip(err)
	}
	auto := child.Run(child.Cmd{Path: bin, Env: []string{"GODEBUG=ziotrace=0"}})
	forced := child.Run(child.Cmd{Path: bin, Env: []string{"GODEBUG=zio=io_uring"}})
	if err := os.WriteFile(sysctl, old, 0o644); err != nil {
		t.Fatal(err)
	}
	if auto.Bad() != "" || auto.Stdout != "epoll\n" || auto.Stderr != "" {
		t.Errorf("auto: %q %q", auto.Stdout, auto.Stderr)
	}
	if forced.Code != 2 || !strings.Contains(forced.Stderr, "io_uring_setup") || !strings.Contains(forced.Stderr, "errno 1") {
		t.Errorf("forced: exit status %d, %q", forced.Code, forced.Stderr)
	}
}
