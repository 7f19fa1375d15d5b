// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/runtime/syscall/linux"
	"unsafe"
)

// Which backend the machine allows.

// zioBackendInit chooses the backend, once. netpollInitLock is held. The ring
// itself is probed when the first socket is opened, so that a program without
// sockets has none.
func zioBackendInit() {
	if zio.chosen.Load() != 0 {
		return
	}
	backend := zioWanted(zioUring)
	if GOOS == "android" && !zio.forced {
		// Apps run under a filter that changes with every release.
		backend = zioOff
	}
	if backend != zioOff && zioFiltered() {
		zioLinux.filtered = true
		if !zio.forced {
			zio.whyNot = _EPERM
			backend = zioEpoll
		}
		if backend == zioPoll {
			if errno := zioProbePpoll(); errno != 0 {
				zioCannotStart(backend, "ppoll", errno)
			}
		}
	}
	if backend != zioOff && faketime == 0 {
		zioPoolInit()
	}
	zio.backend = backend
	zio.chosen.Store(1)
}

// zioFiltered reports whether a seccomp filter is in place.
//
// A filter may answer a system call that it does not know with an error, with
// SIGSYS, or by killing the process, and there is no telling which. So under a
// filter the core makes the calls that upstream makes and no others: readiness
// by epoll_wait, read and write instead of recvfrom and sendto. io_uring and
// ppoll are tried only if GODEBUG asks for them; a filter that kills is not
// survived then.
//
// A filter that the program puts up later is not noticed.
func zioFiltered() bool {
	// seccomp(2): 0 is no filter, 2 a filter. A filter on prctl itself may
	// raise SIGSYS, which leaves the number of the call as the result.
	ignoreSIGSYS()
	mode, _, errno := linux.Syscall6(linux.SYS_PRCTL, _PR_GET_SECCOMP, 0, 0, 0, 0, 0)
	restoreSIGSYS()
	if errno == _EINVAL {
		return false // a kernel without seccomp
	}
	return errno != 0 || mode != 0
}

// zioProbePpoll returns the errno of ppoll, which upstream does not call.
func zioProbePpoll() (errno uintptr) {
	var now zioTimespec
	ignoreSIGSYS()
	n, _, errno := linux.Syscall6(_SYS_ppoll, 0, 0, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
	restoreSIGSYS()
	if errno == 0 && n != 0 {
		errno = _ENOSYS // SIGSYS left the number of the call
	}
	return errno
}

// poll_zioAnyCall reports whether the submission core is in use and may make
// system calls that upstream does not make. It does not initialize the poller.
//
//go:linkname poll_zioAnyCall internal/poll.runtime_zioAnyCall
func poll_zioAnyCall() bool {
	if zio.chosen.Load() == 0 {
		lockInit(&netpollInitLock, lockRankNetpollInit) // as netpollGenericInit, which may come later
		lock(&netpollInitLock)
		zioBackendInit()
		unlock(&netpollInitLock)
	}
	// With fake time, for the playground, package syscall writes a header
	// before what goes to standard output.
	return zioOn() && !zioLinux.filtered && faketime == 0
}
