// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package poll

import (
	"sync/atomic"
	"syscall"
	_ "unsafe" // for linkname
)

// A system call that waits for a disk keeps its P until sysmon sees that, 20 us later at the
// earliest, and the goroutines that could run meanwhile do not. Which calls wait cannot be
// known before, but those that sync nearly always do. Bench row fsync-64.

// zioSyncWaits says that the last sync has waited.
var zioSyncWaits atomic.Bool

// zioSyncShort is what a sync that has nothing to write takes at most, in ns.
const zioSyncShort = 20 * 1000

func runtime_zioLend() bool

//go:linkname runtime_entersyscallblock runtime.entersyscallblock
func runtime_entersyscallblock()

//go:linkname runtime_exitsyscall runtime.exitsyscall
func runtime_exitsyscall()

// zioFsyncCall is fsync(2), in an operation that has begun. One that computes for long,
// making requests of large writes, is none that only waits.
func zioFsyncCall(fd int, heavy bool) (err error) {
	if heavy {
		return syscall.Fsync(fd)
	}
	begin := runtimeNano()
	if zioSyncWaits.Load() && runtime_zioLend() {
		if errno := zioFsyncBlock(uintptr(fd)); errno != 0 {
			err = errnoErr(errno)
		}
	} else {
		err = syscall.Fsync(fd)
	}
	if waits := runtimeNano()-begin > zioSyncShort; waits != zioSyncWaits.Load() {
		zioSyncWaits.Store(waits)
	}
	return err
}

// zioFsyncBlock is fsync(2) without a P. As in syscall.Syscall, the stack must not grow
// between the two calls of the runtime.
//
//go:nosplit
//go:noinline
func zioFsyncBlock(fd uintptr) syscall.Errno {
	runtime_entersyscallblock()
	_, _, errno := syscall.RawSyscall6(syscall.SYS_FSYNC, fd, 0, 0, 0, 0, 0)
	runtime_exitsyscall()
	return errno
}
