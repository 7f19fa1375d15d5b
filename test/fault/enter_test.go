//go:build linux

package fault

import (
	"testing"

	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/seccomp"
	"github.com/zio-go/zio/test/internal/zgo"
	"golang.org/x/sys/unix"
)

// A ring that worked when it was probed and fails later: io_uring_enter says
// EAGAIN, EBUSY or ENOMEM (no memory for requests), EINTR (a signal), or that it
// is not allowed any more. Operations that the kernel did not take are
// performed without the ring, and each exactly once.
func TestEnterFails(t *testing.T) {
	zgo.NeedUring(t)
	patterns := []struct {
		name  string
		fails func(n int) bool
	}{
		{"always", func(n int) bool { return true }},
		{"every-second", func(n int) bool { return n%2 == 0 }},
		{"seven-of-eight", func(n int) bool { return n%8 != 0 }},
		{"in-runs", func(n int) bool { return n%40 < 20 }},
	}
	for _, errno := range []string{"EAGAIN", "EBUSY", "EINTR", "ENOMEM", "EPERM"} {
		for _, p := range patterns {
			if errno == "EINTR" && p.name == "always" {
				continue // no kernel does that
			}
			t.Run(errno+"-"+p.name, func(t *testing.T) {
				failed, passed := 0, 0
				decide := func(call uintptr, n int) unix.Errno {
					// The first is the probe.
					if n > 0 && p.fails(n) {
						failed++
						return seccomp.Errnos[errno]
					}
					passed++
					return 0
				}
				bin, args := load(t, "echo")
				r := runAsked(t, []string{"io_uring_enter"}, decide, child.Cmd{
					Path: bin, Args: args, Env: []string{"GODEBUG=zio=io_uring", "GOMAXPROCS=2"},
				})
				checkDone(t, r, "io_uring")
				if failed == 0 {
					t.Error("nothing failed, so nothing was shown")
				}
				t.Logf("%d calls failed, %d did not", failed, passed)
			})
		}
	}
}

// Rings that cannot be made for lack of memory after the first one worked: the
// Ps without a ring send directly.
func TestLaterRingsFail(t *testing.T) {
	zgo.NeedUring(t)
	for _, errno := range []string{"ENOMEM", "EMFILE", "EPERM"} {
		for _, call := range []string{"io_uring_setup", "io_uring_register"} {
			t.Run(call+"-"+errno, func(t *testing.T) {
				failed := 0
				decide := func(_ uintptr, n int) unix.Errno {
					// A ring takes one setup and two registers.
					if n >= 1 && (call == "io_uring_setup" || n >= 2) {
						failed++
						return seccomp.Errnos[errno]
					}
					return 0
				}
				bin, args := load(t, "echo")
				r := runAsked(t, []string{call}, decide, child.Cmd{
					Path: bin, Args: args, Env: []string{"GODEBUG=zio=io_uring", "GOMAXPROCS=2"},
				})
				checkDone(t, r, "io_uring")
				if failed == 0 {
					t.Error("no second ring was asked for")
				}
			})
		}
	}
}

// A lack of memory that passes: the Ps get their rings in the end.
func TestRingsLater(t *testing.T) {
	zgo.NeedUring(t)
	failed := 0
	decide := func(_ uintptr, n int) unix.Errno {
		if n >= 1 && n < 4 {
			failed++
			return unix.ENOMEM
		}
		return 0
	}
	bin, _ := load(t, "echo")
	r := runAsked(t, []string{"io_uring_setup"}, decide, child.Cmd{
		Path: bin, Args: []string{"-t", "1s", "echo"}, Env: []string{"GODEBUG=zio=io_uring", "GOMAXPROCS=1"},
	})
	ring := checkDone(t, r, "io_uring")
	if failed != 3 {
		t.Errorf("%d setups failed, want 3", failed)
	}
	if ring == 0 {
		t.Error("no operation on a ring")
	}
}
