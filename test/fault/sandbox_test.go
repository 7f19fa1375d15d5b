//go:build linux

package fault

import (
	"slices"
	"strings"
	"testing"

	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/zgo"
)

// newCalls are the system calls that a program makes with the submission core
// and not, when it reads and writes sockets and pipes, with upstream's poller.
var newCalls = []string{"io_uring_setup", "io_uring_enter", "io_uring_register", "epoll_pwait2", "ppoll", "recvfrom", "sendto", "preadv2", "pwritev2"}

// fileCalls are those for files. Other programs, which a test may start, make them, too.
var fileCalls = []string{"statx", "openat2"}

// forbidden answers each of the calls with action.
func forbidden(action string, calls ...string) []string {
	var faults []string
	for _, call := range calls {
		faults = append(faults, call+"="+action)
	}
	return faults
}

// runJailed runs a stress program for a moment.
func runJailed(t *testing.T, faults []string, backend, program, d string) child.Result {
	t.Helper()
	bin, _ := load(t, program)
	path, args := inJail(t, faults, bin, "-t", d, program)
	return child.Run(child.Cmd{Path: path, Args: args, Env: []string{"GODEBUG=zio=" + backend, "GOMAXPROCS=2"}})
}

// A sandbox may answer a call that it does not know with an error, with a
// signal or by killing the process. A program that runs there with upstream's
// poller runs with the submission core.
func TestSandboxAnswersNewCalls(t *testing.T) {
	for _, action := range []string{"trap", "kill", "EPERM", "ENOSYS"} {
		t.Run(action, func(t *testing.T) {
			faults := forbidden(action, newCalls...)
			needJail(t, faults...)
			for _, program := range []string{"echo", "hog-idle-p", "deadline", "forks", "files"} {
				faults := faults
				if program == "files" {
					faults = append(forbidden(action, fileCalls...), faults...)
				}
				for _, backend := range []string{"auto", "epoll", "off"} {
					r := runJailed(t, faults, backend, program, "80ms")
					want := backend
					if backend == "auto" {
						want = "epoll"
					}
					if ring := checkDone(t, r, want); ring != 0 {
						t.Errorf("%d operations on a ring", ring)
					}
					if r.Stderr != "" {
						t.Errorf("not silent: %s", child.Trim(r.Stderr, 500))
					}
				}
			}
			// One at a time, so that none is hidden by another's answer.
			for _, call := range newCalls {
				checkDone(t, runJailed(t, forbidden(action, call), "auto", "echo", "30ms"), "epoll")
			}
		})
	}
}

// A backend that was asked for by name says which call it cannot do without,
// and does without the others.
func TestSandboxAndForcedBackend(t *testing.T) {
	needs := map[string][]string{
		"io_uring": {"io_uring_setup", "io_uring_enter", "io_uring_register"},
		"poll":     {"ppoll"},
	}
	for backend, needed := range needs {
		if backend == "io_uring" {
			zgo.NeedUring(t)
		}
		for _, action := range []string{"trap", "EPERM", "ENOSYS"} {
			t.Run(backend+"-"+action, func(t *testing.T) {
				for _, call := range needed {
					r := runJailed(t, forbidden(action, call), backend, "echo", "30ms")
					if r.Code != 2 || r.Stdout != "" || strings.Count(r.Stderr, "\n") != 1 ||
						!strings.HasPrefix(r.Stderr, "runtime: GODEBUG=zio="+backend+": "+call+" failed with errno ") {
						t.Errorf("%s: exit status %d, %q %q", call, r.Code, r.Stdout, child.Trim(r.Stderr, 500))
					}
				}
				var others []string
				for _, call := range newCalls {
					if !slices.Contains(needed, call) {
						others = append(others, call)
					}
				}
				for _, program := range []string{"echo", "hog"} {
					checkDone(t, runJailed(t, forbidden(action, others...), backend, program, "150ms"), backend)
				}
			})
		}
	}
}
