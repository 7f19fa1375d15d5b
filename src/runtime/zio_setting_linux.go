// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/bytealg"
	"internal/runtime/syscall/linux"
	"unsafe"
)

// Which backend is used: GODEBUG=zio, and what the machine allows.

// zioSetting returns the value of the zio setting in GODEBUG, "" if there is
// none. As for other settings, the environment wins over the defaults that
// were linked in, and the last one wins within each.
func zioSetting(key string) string {
	for _, s := range [...]string{gogetenv("GODEBUG"), godebugDefault} {
		val := ""
		for s != "" {
			field := s
			if i := bytealg.IndexByteString(s, ','); i >= 0 {
				field, s = s[:i], s[i+1:]
			} else {
				s = ""
			}
			if len(field) > len(key) && field[:len(key)] == key && field[len(key)] == '=' {
				val = field[len(key)+1:]
			}
		}
		if val != "" {
			return val
		}
	}
	return ""
}

// zioBackendInit chooses the backend, once. netpollInitLock is held. The ring
// itself is probed when the first socket is opened, so that a program without
// sockets has none.
func zioBackendInit() {
	if zio.chosen.Load() != 0 {
		return
	}
	s := zioSetting("zio")
	if s == "" {
		s = "auto"
	}
	backend := uint32(len(zioBackendNames))
	for i, name := range zioBackendNames {
		if name == s {
			backend = uint32(i)
			zio.forced = true
		}
	}
	switch {
	case s == "auto" && GOOS == "android":
		// Apps run under a filter that changes with every release.
		backend = zioOff
	case s == "auto":
		backend = zioUring
	case !zio.forced:
		print("runtime: GODEBUG=zio=", s, ": unknown backend; use auto, io_uring, epoll, poll or off; run ziobuild doctor\n")
		exit(2)
	}
	if backend != zioOff && zioFiltered() {
		zio.filtered = true
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
	zio.backend = backend
	zio.chosen.Store(1)
}

// zioCannotStart ends the process because of a backend that GODEBUG names.
func zioCannotStart(backend uint32, call string, errno uintptr) {
	print("runtime: GODEBUG=zio=", zioBackendNames[backend], ": ", call, " failed with errno ", errno, zioErrnoName(errno), "; run ziobuild doctor\n")
	exit(2)
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
