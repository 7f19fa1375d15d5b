// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/goarch"
	"internal/runtime/syscall/linux"
	"unsafe"
)

// System calls that do not wait.

// zioRecv and zioSend receive and send without waiting. They do not tell the
// scheduler, since they cannot block: MSG_DONTWAIT holds even where the
// program put the descriptor in blocking mode. They return a count or a result
// of zio.go.
//
// Under a seccomp filter they are what upstream does (zioFiltered), and must be
// called by a goroutine.
//
// They are nosplit because a stack buffer must not move once its address is a
// uintptr, and because entersyscall demands it.
//
//go:nosplit
func zioRecv(fd int32, buf unsafe.Pointer, n uint32) int {
	for {
		if zioLinux.filtered {
			entersyscall()
			r := read(fd, buf, int32(n))
			exitsyscall()
			if r != -_EINTR {
				return zioCallResult(int(r))
			}
			continue
		}
		r, _, errno := linux.Syscall6(_SYS_recvfrom, uintptr(fd), uintptr(buf), uintptr(n), _MSG_DONTWAIT, 0, 0)
		if errno == 0 {
			return int(r)
		}
		if errno != _EINTR {
			return zioCallResult(-int(errno))
		}
	}
}

//go:nosplit
func zioSend(fd int32, buf unsafe.Pointer, n uint32) int {
	for {
		if zioLinux.filtered {
			entersyscall()
			r := write1(uintptr(fd), buf, int32(n))
			exitsyscall()
			if r != -_EINTR {
				return zioCallResult(int(r))
			}
			continue
		}
		r, _, errno := linux.Syscall6(_SYS_sendto, uintptr(fd), uintptr(buf), uintptr(n), _MSG_DONTWAIT, 0, 0)
		if errno == 0 {
			return int(r)
		}
		if errno != _EINTR {
			return zioCallResult(-int(errno))
		}
	}
}

// poll_zioPreadNow reads from a file what is in the page cache, by preadv2(2), whose
// number call is, with RWF_NOWAIT. It returns the count, a negated error number, or
// zioRedo if the thread should tell the scheduler that it is in a system call.
//
//go:linkname poll_zioPreadNow internal/poll.runtime_zioPreadNow
//go:nosplit
func poll_zioPreadNow(call uintptr, fd int32, buf unsafe.Pointer, n int, off int64) int {
	if n > zioMaxRead || !zioResident(buf, n) {
		return zioRedo
	}
	const nowait = 0x8 // RWF_NOWAIT
	iov := struct {
		base unsafe.Pointer
		len  uintptr
	}{buf, uintptr(n)}
	r, _, errno := linux.Syscall6(call, uintptr(fd), uintptr(unsafe.Pointer(&iov)), 1, uintptr(off), uintptr(off>>(8*goarch.PtrSize-1)>>1), nowait)
	if errno != 0 {
		return -int(errno)
	}
	return int(r)
}

// zioCallResult is the result of a call that returned r. What a seccomp filter may
// say, which the program put up meanwhile, is no answer of the socket:
// upstream's read and write may be permitted.
//
//go:nosplit
func zioCallResult(r int) int {
	switch -r {
	case _EAGAIN:
		return zioAgain
	case _ENOSYS, _EPERM, _EACCES:
		return zioRedo
	}
	return r
}

// zioThreadTime returns the processor time that the thread of mp has used, in ns, 0 if
// the system does not tell: under a seccomp filter it is not asked.
func zioThreadTime(mp *m) int64 {
	if mp == nil || mp.procid == 0 || zioLinux.filtered {
		return 0
	}
	clock := uint32(^mp.procid)<<3 | 4 | 2 // CPUCLOCK_PERTHREAD_MASK, CPUCLOCK_SCHED
	var ts zioTimespec
	_, _, errno := linux.Syscall6(_SYS_clock_gettime, uintptr(clock), uintptr(noescape(unsafe.Pointer(&ts))), 0, 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int64(ts.sec)*1e9 + int64(ts.nsec)
}

// zioTimespec is the struct timespec of system calls that are older than the
// 64-bit times of 32-bit systems.
type zioTimespec struct {
	sec, nsec int
}

func zioTimespecOf(ns int64) zioTimespec {
	ns = min(ns, 1e18) // as for epoll, a bound on how long to wait for a timer
	return zioTimespec{int(ns / 1e9), int(ns % 1e9)}
}
