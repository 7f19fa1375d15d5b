package doctor

import (
	"fmt"
	"strconv"
	"strings"
)

// Facts is what a refused io_uring_setup has to be judged by.
type Facts struct {
	Kernel   string // uname -r
	Seccomp  int    // mode in /proc/self/status: 0 off, 1 strict, 2 filter; -1 unknown
	Disabled int    // sysctl kernel.io_uring_disabled; -1 where it does not exist
	Group    int    // sysctl kernel.io_uring_group; -1 none
	Memlock  uint64 // soft RLIMIT_MEMLOCK in bytes
}

// Names of the errors that matter, so that the table can be tested anywhere.
const (
	errENOSYS = "ENOSYS"
	errEPERM  = "EPERM"
	errEACCES = "EACCES"
	errENOMEM = "ENOMEM"
	errEMFILE = "EMFILE"
	errENFILE = "ENFILE"
	errEINVAL = "EINVAL"
	errEAGAIN = "EAGAIN"
	errSIGSYS = "SIGSYS" // a filter's answer in place of an error
)

// Diagnose says which thing forbids io_uring: the kernel, the sysctl, a
// seccomp filter or a limit. The call is the one that failed with errno.
func Diagnose(call, errno string, f Facts) Check {
	refused := func(fix, format string, args ...any) Check {
		c := warn("io_uring", fix, "%s: %s: %s; programs use epoll", call, errno, fmt.Sprintf(format, args...))
		return c
	}
	const container = "in a container, allow io_uring_setup, io_uring_enter and io_uring_register in its seccomp profile"
	switch errno {
	case errENOSYS:
		switch {
		case older(f.Kernel, 5, 1):
			return refused("Linux 5.10 has what is needed, 5.19 all that is used", "kernel %s is too old", f.Kernel)
		case f.Seccomp == 2:
			return refused(container, "a seccomp filter hides it (the kernel, %s, is new enough)", f.Kernel)
		}
		return refused("use a kernel with CONFIG_IO_URING=y", "kernel %s is built without it, or an emulator does not know it", f.Kernel)
	case errEPERM, errEACCES:
		switch {
		case f.Disabled == 2:
			return refused("sysctl -w kernel.io_uring_disabled=0", "sysctl kernel.io_uring_disabled=2 forbids it to all")
		case f.Disabled == 1 && f.Group >= 0:
			return refused(fmt.Sprintf("sysctl -w kernel.io_uring_disabled=0, or join group %d", f.Group),
				"sysctl kernel.io_uring_disabled=1 allows it to group %d (kernel.io_uring_group) and CAP_SYS_ADMIN only", f.Group)
		case f.Disabled == 1:
			return refused("sysctl -w kernel.io_uring_disabled=0, or set kernel.io_uring_group to a group of yours",
				"sysctl kernel.io_uring_disabled=1 allows it to CAP_SYS_ADMIN only")
		case f.Seccomp == 2:
			return refused(container, "a seccomp filter forbids it")
		}
		return refused("ask who set up SELinux or AppArmor here", "a security module forbids it")
	case errENOMEM:
		if older(f.Kernel, 5, 12) {
			return refused("ulimit -l unlimited", "before Linux 5.12 rings count as locked memory, and RLIMIT_MEMLOCK is %d KiB", f.Memlock>>10)
		}
		return refused("free memory, or raise the memory limit of the cgroup", "no memory")
	case errEINVAL:
		if older(f.Kernel, 5, 10) {
			return refused("Linux 5.10 has what is needed, 5.19 all that is used", "kernel %s is too old", f.Kernel)
		}
		return refused("ask who set up the sandbox here", "kernel %s knows what is asked for, so an emulator or a filter refuses it", f.Kernel)
	case errEAGAIN:
		return refused("try once more", "the kernel lacks memory for a request, or a filter answers so")
	case errSIGSYS:
		return refused(container, "a seccomp filter ends the process that tries")
	case errEMFILE, errENFILE:
		return refused("ulimit -n 65536", "too many open files")
	}
	return refused("", "not expected; please report it")
}

// older reports whether the kernel release is before major.minor. A release
// that cannot be read counts as new.
func older(release string, major, minor int) bool {
	a, rest, ok := strings.Cut(release, ".")
	if !ok {
		return false
	}
	b := rest
	if i := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		b = rest[:i]
	}
	x, err1 := strconv.Atoi(a)
	y, err2 := strconv.Atoi(b)
	if err1 != nil || err2 != nil {
		return false
	}
	return x < major || x == major && y < minor
}
