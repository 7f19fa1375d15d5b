// Package seccomp makes system calls fail: all calls of a kind by a filter, or
// some of them by the decision of another process.
package seccomp

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Calls are the system calls that can be named, by name.
var Calls = map[string]uintptr{
	"io_uring_setup":    unix.SYS_IO_URING_SETUP,
	"io_uring_enter":    unix.SYS_IO_URING_ENTER,
	"io_uring_register": unix.SYS_IO_URING_REGISTER,
	"epoll_pwait2":      unix.SYS_EPOLL_PWAIT2,
	"ppoll":             unix.SYS_PPOLL,
	"preadv2":           unix.SYS_PREADV2,
	"pwritev2":          unix.SYS_PWRITEV2,
	"recvfrom":          unix.SYS_RECVFROM,
	"sendto":            unix.SYS_SENDTO,
	"statx":             unix.SYS_STATX,
	"openat2":           unix.SYS_OPENAT2,
}

// Errnos are what can become of a call, by name.
var Errnos = map[string]unix.Errno{
	"ask": Ask, "trap": Trap, "kill": Kill,
	"EPERM": unix.EPERM, "ENOSYS": unix.ENOSYS, "EAGAIN": unix.EAGAIN, "EBUSY": unix.EBUSY,
	"EINTR": unix.EINTR, "ENOMEM": unix.ENOMEM, "EMFILE": unix.EMFILE, "EACCES": unix.EACCES, "EINVAL": unix.EINVAL, "ENOBUFS": unix.ENOBUFS,
}

// Rules says what becomes of a system call: an error number, or one of the
// following.
type Rules map[uintptr]unix.Errno

const (
	Ask  unix.Errno = 0xfff // whoever has the listener that Install returns decides
	Trap unix.Errno = 0xffe // the thread gets SIGSYS
	Kill unix.Errno = 0xffd // the process is killed
)

// Install makes the rules hold for the calling thread and what it executes, or
// for the whole process. The calling goroutine must be locked to its thread.
// The listener is -1 if nothing is left to ask.
func Install(rules Rules, process bool) (listener int, err error) {
	prog := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}} // the call's number
	flags := 0
	for _, call := range slices.Sorted(maps.Keys(rules)) {
		action := uint32(unix.SECCOMP_RET_ERRNO) | uint32(rules[call])
		switch rules[call] {
		case Ask:
			action = unix.SECCOMP_RET_USER_NOTIF
			flags |= unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
		case Trap:
			action = unix.SECCOMP_RET_TRAP
		case Kill:
			action = unix.SECCOMP_RET_KILL_PROCESS
		}
		prog = append(prog,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(call), Jf: 1},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action})
	}
	prog = append(prog, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	if process {
		flags |= unix.SECCOMP_FILTER_FLAG_TSYNC
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return -1, fmt.Errorf("no_new_privs: %w", err)
	}
	fprog := unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]}
	r, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(flags), uintptr(unsafe.Pointer(&fprog)))
	runtime.KeepAlive(prog)
	if errno != 0 {
		return -1, fmt.Errorf("seccomp: %w", errno)
	}
	if flags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER == 0 {
		return -1, nil
	}
	return int(r), nil
}

// notif and resp are struct seccomp_notif and struct seccomp_notif_resp.
type notif struct {
	id    uint64
	pid   uint32
	flags uint32
	nr    int32
	arch  uint32
	ip    uint64
	args  [6]uint64
}

type resp struct {
	id    uint64
	val   int64
	err   int32
	flags uint32
}

// Serve answers the calls that come to listener until there can be no more.
// decide is told which call it is and the how manieth of its kind, from 0; 0
// lets the kernel perform it.
func Serve(listener int, decide func(call uintptr, n int) unix.Errno) error {
	count := map[uintptr]int{}
	for {
		fds := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err == unix.EINTR {
			continue
		} else if err != nil {
			return err
		}
		if fds[0].Revents&unix.POLLIN == 0 {
			return nil // everybody has gone
		}
		var req notif
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(listener), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&req)))
		if errno == unix.ENOENT || errno == unix.EINTR {
			continue // a signal came first
		}
		if errno != 0 {
			return errno
		}
		call := uintptr(req.nr)
		ans := resp{id: req.id}
		if e := decide(call, count[call]); e != 0 {
			ans.err = -int32(e)
		} else {
			ans.flags = unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE
		}
		_, _, errno = unix.Syscall(unix.SYS_IOCTL, uintptr(listener), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&ans)))
		if errno == 0 {
			count[call]++
		} else if errno != unix.ENOENT {
			return errno
		}
	}
}
