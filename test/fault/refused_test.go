//go:build linux

package fault

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/seccomp"
	"github.com/zio-go/zio/test/internal/zgo"
	"golang.org/x/sys/unix"
)

// refusals are ways in which a kernel, a sysctl or a container refuses io_uring.
var refusals = []struct{ call, errno string }{
	{"io_uring_setup", "EPERM"},
	{"io_uring_setup", "ENOSYS"},
	{"io_uring_setup", "ENOMEM"},
	{"io_uring_setup", "EACCES"},
	{"io_uring_register", "EPERM"},
	{"io_uring_register", "EINVAL"},
	{"io_uring_enter", "EPERM"},
	{"io_uring_enter", "ENOSYS"},
	{"io_uring_enter", "EAGAIN"},
}

// Where io_uring is refused, epoll is used, and the program is told nothing.
func TestRefusedFallsBack(t *testing.T) {
	for _, f := range refusals {
		t.Run(f.call+"-"+f.errno, func(t *testing.T) {
			fault := f.call + "=" + f.errno
			needJail(t, fault)
			bin, args := load(t, "echo")
			path, jargs := inJail(t, []string{fault}, bin, args...)
			for _, debug := range []string{"", "zio=auto"} {
				r := child.Run(child.Cmd{Path: path, Args: jargs, Env: []string{"GODEBUG=" + debug}})
				if ring := checkDone(t, r, "epoll"); ring != 0 {
					t.Errorf("%d operations on a ring that is refused", ring)
				}
				if r.Stderr != "" {
					t.Errorf("not silent: %s", r.Stderr)
				}
			}
			// The trace says why. Under a filter io_uring is not
			// tried, since the filter might kill.
			r := child.Run(child.Cmd{Path: path, Args: jargs, Env: []string{"GODEBUG=ziotrace=20"}})
			checkDone(t, r, "epoll")
			want := fmt.Sprintf("io_uring=errno%d", int(unix.EPERM))
			if !strings.Contains(r.Stderr, "backend=epoll") || !strings.Contains(r.Stderr, want) {
				t.Errorf("ziotrace does not say backend=epoll and %s:\n%s", want, child.Trim(r.Stderr, 500))
			}
		})
	}
}

// A backend that was asked for by name and is refused ends the program before
// it does anything, with the system call and its error number.
func TestRefusedForced(t *testing.T) {
	for _, f := range refusals {
		t.Run(f.call+"-"+f.errno, func(t *testing.T) {
			fault := f.call + "=" + f.errno
			needJail(t, fault)
			bin, args := load(t, "echo")
			path, args := inJail(t, []string{fault}, bin, args...)
			r := child.Run(child.Cmd{Path: path, Args: args, Env: []string{"GODEBUG=zio=io_uring"}})
			if r.Code != 2 {
				t.Errorf("exit status %d, want 2", r.Code)
			}
			for _, want := range []string{f.call, fmt.Sprintf("errno %d (%s); run ziobuild doctor\n", int(seccomp.Errnos[f.errno]), f.errno)} {
				if !strings.Contains(r.Stderr, want) {
					t.Errorf("the error does not say %q: %q", want, r.Stderr)
				}
			}
			if strings.Contains(r.Stderr, "goroutine ") || r.Stdout != "" {
				t.Errorf("more than the error: %q %q", r.Stdout, child.Trim(r.Stderr, 500))
			}
		})
	}
}

// The other backends do not need io_uring at all.
func TestRefusedOthers(t *testing.T) {
	faults := []string{"io_uring_setup=EPERM", "io_uring_enter=EPERM", "io_uring_register=EPERM"}
	needJail(t, faults...)
	bin, args := load(t, "echo")
	path, args := inJail(t, faults, bin, args...)
	for _, backend := range []string{"epoll", "poll", "off"} {
		r := child.Run(child.Cmd{Path: path, Args: args, Env: []string{"GODEBUG=zio=" + backend}})
		checkDone(t, r, backend)
	}
}

// A name that is no backend ends the program with the names that are.
func TestUnknownBackend(t *testing.T) {
	bin, args := load(t, "echo")
	for _, name := range []string{"xyz", "uring", "0", "EPOLL"} {
		r := child.Run(child.Cmd{Path: bin, Args: args, Env: []string{"GODEBUG=zio=" + name}})
		if r.Code != 2 || !strings.Contains(r.Stderr, "zio="+name) || !strings.HasSuffix(r.Stderr, "; run ziobuild doctor\n") {
			t.Errorf("zio=%s: exit status %d, %q", name, r.Code, r.Stderr)
		}
		for _, backend := range append([]string{"auto"}, zgo.Backends...) {
			if !strings.Contains(r.Stderr, backend) {
				t.Errorf("zio=%s: the error does not name %s: %q", name, backend, r.Stderr)
			}
		}
	}
	// The last setting wins, and an empty one is none.
	r := child.Run(child.Cmd{Path: bin, Args: args, Env: []string{"GODEBUG=zio=xyz,zio=poll"}})
	checkDone(t, r, "poll")
}

// A call that is newer than some containers' filters is not needed.
func TestNoEpollPwait2(t *testing.T) {
	for _, errno := range []string{"EPERM", "ENOSYS"} {
		fault := "epoll_pwait2=" + errno
		needJail(t, fault)
		for _, name := range []string{"hog", "deadline"} {
			bin, args := load(t, name)
			path, args := inJail(t, []string{fault}, bin, args...)
			for _, backend := range []string{"io_uring", "epoll"} {
				if backend == "io_uring" {
					zgo.NeedUring(t)
				}
				r := child.Run(child.Cmd{Path: path, Args: args, Env: []string{"GODEBUG=zio=" + backend, "GOMAXPROCS=2"}})
				checkDone(t, r, backend)
			}
		}
	}
}

// A sandbox that knows only the system calls that upstream's Read and Write make.
func TestNoRecvfrom(t *testing.T) {
	faults := []string{"recvfrom=ENOSYS", "sendto=ENOSYS"}
	needJail(t, faults...)
	bin, args := load(t, "echo")
	path, args := inJail(t, faults, bin, args...)
	for _, backend := range zgo.Backends {
		if backend == "io_uring" {
			zgo.NeedUring(t)
		}
		r := child.Run(child.Cmd{Path: path, Args: args, Env: []string{"GODEBUG=zio=" + backend}})
		checkDone(t, r, backend)
	}
}
