// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package poll

import (
	"internal/goarch"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Operations on files that block hold a thread each. The runtime bounds how many do
// (zio_pool.go): each takes a place, and waits where there is none.

// zioPlace says whether a file takes part, and with whom it shares the places.
type zioPlace struct {
	kind atomic.Uint32 // one of the constants below
	lane atomic.Uint32 // 0 until somebody has to wait

	dirty atomic.Bool // a write that computed for long has begun since the last sync
}

// Operations on regular files, directories and disks end by themselves. Those on
// pipes and terminals wait for others, so they take no place.
const (
	zioPlaceUnknown = iota
	zioPlaceNever
	zioPlaceTaken
)

// zioLanes is how many groups of devices there are, as in runtime/zio_pool.go.
const zioLanes = 4

// zioWrites is the difference between the lane of a device's writes that compute for long
// (zioHeavyWrite bytes at least), and syncs after them, and that of all else, zioSyncs
// the same for other syncs.
const (
	zioWrites     = zioLanes + 1
	zioSyncs      = zioWrites + zioLanes
	zioHeavyWrite = 64 << 10
)

func runtime_zioEnter() bool
func runtime_zioEnterWrite() bool
func runtime_zioEnterSync() bool
func runtime_zioLeave()
func runtime_zioQueue(ctx uintptr, mode, lane int) int

// zioPlaced reports whether an operation on fd takes a place. The caller holds a
// reference to fd.
func (fd *FD) zioPlaced() bool {
	if !fd.isFile {
		return false
	}
	kind := fd.zio.place.kind.Load()
	if kind == zioPlaceUnknown {
		kind = fd.zioPlaceLearn()
	}
	return kind == zioPlaceTaken
}

// zioPlaceLearn finds out whether fd takes part.
func (fd *FD) zioPlaceLearn() uint32 {
	kind := uint32(zioPlaceNever)
	if fd.zio.regular {
		kind = zioPlaceTaken // or a directory, or a disk
	} else if runtime_zioAnyCall() {
		// A file system in user space makes all its files pollable.
		switch mode, _ := zioStatx(fd.Sysfd); mode & syscall.S_IFMT {
		case syscall.S_IFREG, syscall.S_IFDIR, syscall.S_IFBLK:
			kind = zioPlaceTaken
		}
	}
	fd.zio.place.kind.Store(kind)
	return kind
}

// zioHeavy reports whether a write of n bytes computes for long, copying them into the page
// cache. Then so does the next sync, making requests of them.
func (fd *FD) zioHeavy(n int) bool {
	if n < zioHeavyWrite {
		return false
	}
	if !fd.zio.place.dirty.Load() {
		fd.zio.place.dirty.Store(true)
	}
	return true
}

// zioMayEnter begins an operation and reports true, unless it has to wait for a place.
// Those that compute for long may have a part of the places only. zioLeave ends it.
func zioMayEnter(heavy bool) bool {
	if heavy {
		return runtime_zioEnterWrite()
	}
	return runtime_zioEnter()
}

// zioEnter is zioMayEnter for a write or a sync, and waits for a place. The caller holds a
// reference to fd.
func (fd *FD) zioEnter(heavy bool) error {
	if zioMayEnter(heavy) {
		return nil
	}
	lane := fd.zioLane()
	if heavy && lane != 0 {
		lane += zioWrites
	}
	return fd.zioQueue('w', lane)
}

// zioEnterSync is zioEnter for a sync that writes little.
func (fd *FD) zioEnterSync() error {
	if runtime_zioEnterSync() {
		return nil
	}
	lane := fd.zioLane()
	if lane != 0 {
		lane += zioSyncs
	}
	return fd.zioQueue('w', lane)
}

func zioLeave() { runtime_zioLeave() }

// zioQueue waits for a place, in a lane.
func (fd *FD) zioQueue(mode, lane int) error {
	ctx := fd.pd.runtimeCtx
	if ctx == 0 {
		// So that deadlines and Close find the goroutine.
		var err error
		if ctx, err = fd.zioDiskState().get(fd, runtime_zioFileOpen); err != nil {
			return err
		}
	}
	return convertErr(runtime_zioQueue(ctx, mode, lane), true)
}

// zioLane returns the lane of the device that fd is on.
func (fd *FD) zioLane() int {
	p := &fd.zio.place
	lane := p.lane.Load()
	if lane == 0 && runtime_zioAnyCall() {
		lane = uint32(zioLaneOf(fd.Sysfd))
		p.lane.Store(lane)
	}
	return int(lane)
}

// zioLaneOf returns the lane of the device that the file with number fd is on, 0 if that is not
// known.
func zioLaneOf(fd int) int {
	if _, dev := zioStatx(fd); dev != 0 {
		return int(1 + dev%zioLanes)
	}
	return 0
}

// zioFileRead reads with a thread, at off, or with -1 at the position of the file. If
// there is no place, it reads what is in the page cache without one.
func (fd *FD) zioFileRead(p []byte, off int64) (n int, err error) {
	if !runtime_zioEnter() {
		if len(p) > 0 && runtime_zioAnyCall() {
			n, err = zioVec(zioPreadv2, fd.Sysfd, p[:min(len(p), maxRW)], off)
			if err == nil {
				syscall_zioDidRead(p[:n])
				if n == 0 || n == len(p) {
					return n, nil
				}
			}
		}
		n = max(n, 0)
		if err := fd.zioQueue('r', fd.zioLane()); err != nil {
			if n > 0 {
				return n, nil
			}
			return 0, err
		}
	}
	var m int
	for {
		if off < 0 {
			m, err = syscall.Read(fd.Sysfd, p[n:])
		} else {
			m, err = syscall.Pread(fd.Sysfd, p[n:], off+int64(n))
		}
		if err != syscall.EINTR {
			break
		}
	}
	zioLeave()
	if n > 0 {
		return n + max(m, 0), nil
	}
	return m, err
}

// zioPlain reports whether fd is a file that has never been other than upstream's,
// if it is known to be one. If there is a place too, it is all that most operations need.
func (fd *FD) zioPlain() bool {
	return fd.zio.place.kind.Load() == zioPlaceTaken && fd.zio.disk.Load() == nil
}

// zioReadCall is read(2).
func (fd *FD) zioReadCall(p []byte) (int, error) {
	if fd.zioPlain() && runtime_zioEnter() {
		n, err := ignoringEINTRIO(syscall.Read, fd.Sysfd, p)
		zioLeave()
		return n, err
	}
	if !fd.zioPlaced() {
		return ignoringEINTRIO(syscall.Read, fd.Sysfd, p)
	}
	if err := fd.zioLate('r'); err != nil {
		return 0, err
	}
	return fd.zioFileRead(p, -1)
}

// zioWriteCall is write(2).
func (fd *FD) zioWriteCall(p []byte) (int, error) {
	heavy := fd.zioHeavy(len(p))
	if fd.zioPlain() && zioMayEnter(heavy) {
		n, err := ignoringEINTRIO(syscall.Write, fd.Sysfd, p)
		zioLeave()
		return n, err
	}
	if !fd.zioPlaced() {
		return ignoringEINTRIO(syscall.Write, fd.Sysfd, p)
	}
	if err := fd.zioLate('w'); err != nil {
		return 0, err
	}
	if err := fd.zioEnter(heavy); err != nil {
		return 0, err
	}
	n, err := ignoringEINTRIO(syscall.Write, fd.Sysfd, p)
	zioLeave()
	return n, err
}

// zioCopyEnter begins a copy from src to dst in the kernel, which ends with zioLeave. The
// caller holds their locks.
func zioCopyEnter(dst, src *FD) error {
	if !dst.zioPlaced() {
		return nil
	}
	if err := src.zioLate('r'); err != nil {
		return err
	}
	if err := dst.zioLate('w'); err != nil {
		return err
	}
	return dst.zioEnter(dst.zioHeavy(maxRW))
}

// zioStatxCall is the number of statx(2).
const zioStatxCall = 332*goarch.IsAmd64 + 383*goarch.Is386 + 397*goarch.IsArm +
	291*(goarch.IsArm64+goarch.IsLoong64+goarch.IsRiscv64) +
	4366*(goarch.IsMips+goarch.IsMipsle) + 5326*(goarch.IsMips64+goarch.IsMips64le) +
	383*(goarch.IsPpc64+goarch.IsPpc64le) + 379*goarch.IsS390x

// zioStatx returns the type of the file that fd is open on, and a number for the device
// that it is on, both 0 if they cannot be had. It does not ask a file server.
func zioStatx(fd int) (mode, dev uint32) {
	const (
		emptyPath = 0x1000
		dontSync  = 0x4000
		wantType  = 0x1
	)
	var st struct {
		mask, blksize        uint32
		attr                 uint64
		nlink, uid, gid      uint32
		mode, _              uint16
		ino, size, blocks    uint64
		attrMask             uint64
		times                [4][2]uint64
		rdevMajor, rdevMinor uint32
		devMajor, devMinor   uint32
		spare                [14]uint64
	}
	var empty [1]byte
	_, _, errno := syscall.Syscall6(zioStatxCall, uintptr(fd), uintptr(unsafe.Pointer(&empty)), emptyPath|dontSync, wantType, uintptr(unsafe.Pointer(&st)), 0)
	if errno != 0 {
		return 0, 0
	}
	return uint32(st.mode), 1 + st.devMajor<<8 + st.devMinor
}
