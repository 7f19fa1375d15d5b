// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

// zioErrnoName returns the name of an error that a refused io_uring gives, in
// parentheses, or "". Numbers below 35 are the same on every architecture.
func zioErrnoName(errno uintptr) string {
	switch errno {
	case 1:
		return " (EPERM)"
	case 11:
		return " (EAGAIN)"
	case 12:
		return " (ENOMEM)"
	case 13:
		return " (EACCES)"
	case 22:
		return " (EINVAL)"
	case 23:
		return " (ENFILE)"
	case 24:
		return " (EMFILE)"
	case _ENOSYS:
		return " (ENOSYS)"
	}
	return ""
}

// zioCannotStart ends the process because of a backend that GODEBUG names.
func zioCannotStart(backend uint32, call string, errno uintptr) {
	print("runtime: GODEBUG=zio=", zioBackendNames[backend], ": ", call, " failed with errno ", errno, zioErrnoName(errno), "; run ziobuild doctor\n")
	exit(2)
}
