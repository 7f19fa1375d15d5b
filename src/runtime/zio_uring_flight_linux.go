// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/goarch"
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"internal/runtime/syscall/linux"
	"unsafe"
)

// A zioFlight is an io_uring instance for operations in flight. There is one for
// each P that had one. Its descriptor is in the epoll set and becomes readable
// when an operation has ended; any thread takes the completions.
//
// A request belongs to the thread that submitted it, which is where the kernel
// finishes it: so this ring has no IORING_SETUP_COOP_TASKRUN, and a thread that
// computes is interrupted. If the thread exits, its requests end with ECANCELED
// (land).
//
// No heap pointers.
type zioFlight struct {
	_ sys.NotInHeap

	ring zioRing // its fd, mem, sq and cq fields

	sqLock mutex // held to submit: by the holder of the batch, and to cancel
	cqLock mutex // held to take completions

	inflight atomic.Int32 // operations that the kernel has
}

const (
	// zioFlightMax is how many operations a ring has in flight at most. Beyond,
	// goroutines perform them as upstream's do. It is the size of the
	// completion queue, so that none waits in the kernel's overflow list.
	zioFlightMax = 4096

	// zioCancelData is the user_data of a cancel's own completion.
	zioCancelData = ^uint64(0)

	_EOPNOTSUPP = 0x5f + (0x7a-0x5f)*(goarch.IsMips+goarch.IsMipsle+goarch.IsMips64+goarch.IsMips64le)
)

// zioFlightNew returns a ring for operations in flight, or nil if none can be had.
func zioFlightNew() *zioFlight {
	if zio.backend != zioUring || zioLinux.filtered {
		return nil
	}
	// The alignment is that of a pollDesc: epoll carries either.
	f := (*zioFlight)(persistentalloc(unsafe.Sizeof(zioFlight{}), tagAlign, &memstats.other_sys))
	r := &f.ring
	r.fd = -1
	var p zioParams
	errno := r.open(&p, zioFlightMax, false)
	if errno == 0 {
		errno = r.mmap(&p)
	}
	if errno == 0 {
		errno = r.restrict(&p, _IORING_OP_READ, _IORING_OP_WRITE, _IORING_OP_FSYNC, _IORING_OP_ASYNC_CANCEL)
	}
	if errno == 0 {
		ev := linux.EpollEvent{Events: linux.EPOLLIN | linux.EPOLLET}
		netpollPackData(&ev, (*pollDesc)(unsafe.Pointer(f)), 0) // no pollDesc that is open has tag 0
		errno = linux.EpollCtl(epfd, linux.EPOLL_CTL_ADD, r.fd, &ev)
	}
	if errno != 0 {
		r.unmap()
		return nil
	}
	r.publish()
	return f
}

// zioLaunch gives the operations of b that will be in flight to the kernel, and
// leaves the attempts in b.
//
//go:nowritebarrier
func zioLaunch(b *zioBatch, toRun *gList) {
	f := b.flight
	r := &f.ring
	lock(&f.sqLock)
	n, kept := b.n.Load(), uint32(0)
	for i := range n {
		op := b.ops[i]
		switch {
		case zioCapability(op.code) != zioInflight:
			b.ops[kept] = op
			kept++
		case f.inflight.Load()+int32(r.tail-*r.sqTail) >= zioFlightMax:
			op.finish(zioRedo, toRun)
		default:
			e := r.entry(op)
			e.addr, e.len, e.off = uint64(op.buf), op.len, op.word
			e.fd = int32(op.pd.fd)
			// zioCancel needs it as soon as the operation is in flight.
			op.word = uint64(uintptr(unsafe.Pointer(f)))
			if !op.launch(toRun) {
				r.tail--
			}
		}
	}
	b.n.Store(kept)
	f.submit(toRun)
	unlock(&f.sqLock)
	f.reap(toRun)
}

// zioLaunched returns how many operations of f the kernel has.
func zioLaunched(f *zioFlight) uint32 {
	return uint32(max(f.inflight.Load(), 0))
}

// entry returns a cleared entry for op at our copy of the tail. There is room:
// submit leaves none.
//
//go:nowritebarrier
func (r *zioRing) entry(op *zioOp) *zioSQE {
	e := &r.sqes[r.tail%zioBatchSize]
	*e = zioSQE{opcode: zioOpcodes[op.code]}
	e.userData = uint64(op.state.Load()>>zioStateBits)<<32 | uint64(op.id)
	r.tail++
	return e
}

// submit gives the entries to the kernel. Those that it does not take are taken
// back. sqLock is held.
//
//go:nowritebarrier
func (f *zioFlight) submit(toRun *gList) {
	r := &f.ring
	left := r.tail - *r.sqTail
	atomic.StoreRel(r.sqTail, r.tail)
	f.inflight.Add(int32(left))
	for tries := 0; left != 0; {
		n, _, errno := linux.Syscall6(_SYS_io_uring_enter, uintptr(r.fd), uintptr(left), 0, 0, 0, 0)
		r.enters.Add(1)
		if errno == 0 {
			left -= uint32(n)
			r.sqes64.Add(int64(n))
		}
		if errno == 0 && n != 0 || errno == _EINTR {
			continue
		}
		if tries++; tries <= zioMaxTries {
			osyield()
			continue
		}
		f.inflight.Add(-int32(left))
		for ; left != 0; left-- {
			r.tail--
			data := r.sqes[r.tail%zioBatchSize].userData
			if data != zioCancelData {
				zioOpByID(uint32(data)).land(zioRedo, toRun)
			}
		}
		atomic.StoreRel(r.sqTail, r.tail)
	}
}

// zioCancel asks the kernel to end op.
//
//go:nowritebarrier
func zioCancel(op *zioOp) {
	f := (*zioFlight)(unsafe.Pointer(uintptr(op.word)))
	r := &f.ring
	lock(&f.sqLock)
	e := &r.sqes[r.tail%zioBatchSize]
	*e = zioSQE{opcode: _IORING_OP_ASYNC_CANCEL, fd: -1, userData: zioCancelData}
	e.addr = uint64(op.state.Load()>>zioStateBits)<<32 | uint64(op.id)
	r.tail++
	var none gList // there are no other entries
	f.submit(&none)
	unlock(&f.sqLock)
}

// reap takes the completions that the kernel has posted.
//
//go:nowritebarrier
func (f *zioFlight) reap(toRun *gList) {
	r := &f.ring
	if *r.cqHead == atomic.LoadAcq(r.cqTail) {
		return
	}
	lock(&f.cqLock)
	head := *r.cqHead
	for head != atomic.LoadAcq(r.cqTail) {
		c := (*zioCQE)(add(r.cqes, uintptr(head&r.cqMask)*unsafe.Sizeof(zioCQE{})))
		data, res := c.userData, c.res
		head++
		atomic.StoreRel(r.cqHead, head)
		f.inflight.Add(-1)
		if data == zioCancelData {
			continue
		}
		op := zioOpByID(uint32(data))
		if op == nil || op.state.Load()>>zioStateBits != uint32(data>>32) {
			println("runtime: zio: completion for generation", data>>32, "of operation", uint32(data))
			throw("zio: stale completion")
		}
		op.land(zioFlightResult(op.code, res), toRun)
	}
	unlock(&f.cqLock)
}

// zioFlightResult returns the result of an operation that ended with res. What a
// ring may refuse though an ordinary system call does not is repeated by the
// goroutine; it had no effect. An error of fsync is told once, so it is passed on.
//
//go:nowritebarrier
func zioFlightResult(code uint8, res int32) int32 {
	switch -res {
	case _ECANCELED, _EINTR:
		return zioEnded
	case _EAGAIN:
		return zioRedo
	case _EINVAL, _ENOMEM, _EFAULT, _EBUSY, _EOPNOTSUPP, _ENOSYS, _EPERM, _EACCES:
		if code != zioOpSync {
			return zioRedo
		}
	}
	return res
}
