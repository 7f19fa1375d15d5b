// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package poll

import (
	"internal/goarch"
	"syscall"
	"unsafe"
)

// Operations on names, attributes and directories take places, too. No deadline ends
// them while they wait for one, as none does upstream; a scope does.

// zioPathLane is the lane of operations on paths, whose device is not known.
const zioPathLane = zioLanes + 1

// ZioEnterPath begins an operation on a path that may block; ZioLeave ends it. Nothing but
// system calls may be between.
func ZioEnterPath() error {
	if runtime_zioEnter() {
		return nil
	}
	return convertErr(runtime_zioQueue(0, 'r', zioPathLane), true)
}

// ZioEnterOpen is ZioEnterPath for the opening of name, as seen from the directory that
// dirfd is open on. Who opens a FIFO waits for somebody else to do the same, and does
// not wait for a place.
func ZioEnterOpen(dirfd int, name string) error {
	if runtime_zioEnter() || zioIsFIFO(dirfd, name) {
		return nil
	}
	return convertErr(runtime_zioQueue(0, 'r', zioPathLane), true)
}

// ZioLeave ends an operation that ZioEnterPath or ZioEnterOpen has let begin.
func ZioLeave() { runtime_zioLeave() }

// zioMetaEnter begins an operation on the attributes or names of the file that fd is open
// on. The caller holds a reference to fd, and ends the operation with zioLeave.
func (fd *FD) zioMetaEnter() error {
	// Of a pipe they do not block, so it is only now worth to ask what fd is.
	if !fd.isFile || runtime_zioEnter() || !fd.zioPlaced() {
		return nil
	}
	return convertErr(runtime_zioQueue(0, 'r', fd.zioLane()), true)
}

// zioMeta calls fn, a system call for the attributes of the file that fd is open on,
// until it is not interrupted.
func (fd *FD) zioMeta(fn func() error) error {
	if err := fd.zioMetaEnter(); err != nil {
		return err
	}
	err := ignoringEINTR(fn)
	zioLeave()
	return err
}

// zioDirentCall is syscall.ReadDirent.
func (fd *FD) zioDirentCall(buf []byte) (int, error) {
	if err := fd.zioMetaEnter(); err != nil {
		return 0, err
	}
	n, err := ignoringEINTRIO(syscall.ReadDirent, fd.Sysfd, buf)
	zioLeave()
	return n, err
}

// zioIsFIFO reports whether name is a FIFO. It does not wait for a disk: of what is not
// in the kernel's caches it says no.
func zioIsFIFO(dirfd int, name string) bool {
	p, err := syscall.BytePtrFromString(name)
	if err != nil || !runtime_zioAnyCall() {
		return false
	}
	const (
		openat2 = 437 + 4000*(goarch.IsMips+goarch.IsMipsle) + 5000*(goarch.IsMips64+goarch.IsMips64le)
		path    = 0x200000 // O_PATH
		cached  = 0x20     // RESOLVE_CACHED
	)
	how := [3]uint64{path | syscall.O_CLOEXEC, 0, cached}
	fd, _, errno := syscall.Syscall6(openat2, uintptr(dirfd), uintptr(unsafe.Pointer(p)), uintptr(unsafe.Pointer(&how)), unsafe.Sizeof(how), 0, 0)
	if errno != 0 {
		return false
	}
	mode, _ := zioStatx(int(fd))
	syscall.Close(int(fd))
	return mode&syscall.S_IFMT == syscall.S_IFIFO
}
