package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/zio-go/zio/cmd/ziobuild/internal/ioprobe"
)

// Machine checks kernel, io_uring and limits. The function probe tries a ring.
func Machine(probe func() ioprobe.Result) []Check {
	f := facts()
	ring := uring(f, probe())
	backend := "epoll"
	if ring.Status == OK {
		backend = "io_uring"
	}
	checks := []Check{kernel(f), ring, okf("backend", "%s: %s", backend, ioprobe.Can(backend))}
	checks = append(checks, limits(f)...)
	return checks
}

func facts() Facts {
	f := Facts{Seccomp: -1, Disabled: -1, Group: -1}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		f.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	if data, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range strings.Lines(string(data)) {
			if v, ok := strings.CutPrefix(line, "Seccomp:"); ok {
				f.Seccomp = atoi(v)
			}
		}
	}
	if data, err := os.ReadFile("/proc/sys/kernel/io_uring_disabled"); err == nil {
		f.Disabled = atoi(string(data))
	}
	if data, err := os.ReadFile("/proc/sys/kernel/io_uring_group"); err == nil {
		f.Group = atoi(string(data))
	}
	var lim unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_MEMLOCK, &lim) == nil {
		f.Memlock = lim.Cur
	}
	return f
}

func atoi(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return -1
	}
	return n
}

func kernel(f Facts) Check {
	if older(f.Kernel, 5, 10) {
		return warn("kernel", "Linux 5.10 or newer lets programs use io_uring", "Linux %s: programs use epoll", f.Kernel)
	}
	return okf("kernel", "Linux %s", f.Kernel)
}

// uring says what a program that is started here will do.
func uring(f Facts, r ioprobe.Result) Check {
	switch {
	case r.Call != "":
		return Diagnose(r.Call, r.Errno, f)
	case f.Seccomp == 2:
		return warn("io_uring", "GODEBUG=zio=io_uring makes a program use it all the same",
			"a seccomp filter is in place, and allows it: programs use epoll, because they cannot know that")
	case r.Degraded:
		return okf("io_uring", "%s, without COOP_TASKRUN (Linux 5.19): a bit slower", r)
	}
	return okf("io_uring", "%s", r)
}

// limits checks what stops a server with many connections.
func limits(f Facts) []Check {
	var out []Check
	var lim unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &lim) == nil {
		// The os package raises the soft limit to the hard one at start.
		if lim.Max < 65536 {
			out = append(out, warn("open files", "raise the hard limit: ulimit -Hn 1048576, LimitNOFILE= in a systemd unit, or --ulimit nofile= of a container",
				"hard limit %s: a server accepts no more connections than that", limit(lim.Max)))
		} else {
			out = append(out, okf("open files", "hard limit %s", limit(lim.Max)))
		}
	}
	if older(f.Kernel, 5, 12) && f.Memlock < 64<<20 {
		out = append(out, warn("memlock", "ulimit -l unlimited", "%d KiB of locked memory; before Linux 5.12 rings count as such", f.Memlock>>10))
	}
	if n, file := cgroupPids(); n >= 0 {
		if n < 512 {
			out = append(out, warn("pids", "raise pids.max of the cgroup", "at most %d threads and processes (%s)", n, file))
		} else {
			out = append(out, okf("pids", "at most %d threads and processes", n))
		}
	}
	return out
}

func limit(n uint64) string {
	if n == unix.RLIM_INFINITY {
		return "unlimited"
	}
	return fmt.Sprint(n)
}

// cgroupPids returns the smallest pids.max on the way up from this process's
// cgroup, or -1.
func cgroupPids() (max int, file string) {
	max = -1
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(data)) {
		dir, ok := strings.CutPrefix(strings.TrimSpace(line), "0::")
		if !ok {
			continue
		}
		for ; ; dir = filepath.Dir(dir) {
			name := filepath.Join("/sys/fs/cgroup", dir, "pids.max")
			if data, err := os.ReadFile(name); err == nil {
				if n := atoi(string(data)); n >= 0 && (max < 0 || n < max) {
					max, file = n, name
				}
			}
			if dir == "/" || dir == "." || dir == "" {
				break
			}
		}
	}
	return max, file
}
