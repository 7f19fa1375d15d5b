// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"internal/runtime/syscall/linux"
	"unsafe"
)

// A zioRing is an io_uring instance that performs batches of attempts, none
// of which waits inside the kernel. Since all of them complete before
// io_uring_enter returns, it does not matter which thread calls it: a ring
// belongs to whoever holds the lock of its batch.
//
// No heap pointers.
type zioRing struct {
	_ sys.NotInHeap

	fd    int32    // constant
	nfree *zioRing // next in zioRings.mem

	// Mapped memory shared with the kernel; the pointers are constant.
	sqHead *uint32 // written by the kernel
	sqTail *uint32
	cqHead *uint32
	cqTail *uint32 // written by the kernel
	cqMask uint32
	sqes   *[zioBatchSize]zioSQE
	cqes   unsafe.Pointer
	mem    unsafe.Pointer // all but sqes
	memLen uintptr

	// Protected by the lock of the batch.
	tail  uint32 // our copy of sqTail
	fails uint32 // batches in a row that the kernel refused

	enters atomic.Uint64 // calls of io_uring_enter
	sqes64 atomic.Uint64 // operations performed
	link   *zioRing      // in zioRings.all; constant
}

const (
	// zioMaxFails is after how many refused batches a ring is given up: a
	// program may forbid itself io_uring_enter after the ring was made.
	zioMaxFails = 16

	// zioMaxTries is how often a batch is offered to a kernel that refuses it,
	// zioMaxWaits how often, every 100 us, it is looked after operations
	// that the kernel has taken.
	zioMaxTries = 3
	zioMaxWaits = 10000
)

// zioOpcodes are the kernel's names of what is performed, indexed by code.
var zioOpcodes = [...]uint8{
	zioOpRecv:  _IORING_OP_RECV,
	zioOpSend:  _IORING_OP_SEND,
	zioOpRead:  _IORING_OP_READ,
	zioOpWrite: _IORING_OP_WRITE,
	zioOpSync:  _IORING_OP_FSYNC,
}

// zioPerform performs every operation of b and pushes the goroutines that waited
// for them.
//
//go:nowritebarrier
func zioPerform(b *zioBatch, toRun *gList) {
	if b.launch != 0 {
		zioLaunch(b, toRun)
	}
	r, n := b.ring, b.n.Load()
	switch {
	case n == 0:
	case n == 1 && !zioLinux.filtered:
		b.ops[0].attempt(toRun)
	case n == 1 || r.fails == zioMaxFails:
		b.takeBack(0, toRun)
	default:
		r.fails++
		for i := range n {
			r.put(b.ops[i])
		}
		r.submit(b, toRun)
	}
}

// put makes an entry for op, at our copy of the tail.
//
//go:nowritebarrier
func (r *zioRing) put(op *zioOp) {
	e := &r.sqes[r.tail%zioBatchSize]
	e.opcode = zioOpcodes[op.code]
	e.fd = int32(op.pd.fd)
	e.addr = uint64(op.buf)
	e.len = op.len
	e.opflags = _MSG_DONTWAIT
	if op.code == zioOpSend {
		e.opflags |= _MSG_NOSIGNAL
	}
	e.userData = uint64(op.state.Load()>>zioStateBits)<<32 | uint64(op.id)
	r.tail++
}

// submit gives the entries of b to the kernel and takes their completions.
//
//go:nowritebarrier
func (r *zioRing) submit(b *zioBatch, toRun *gList) {
	left, inflight := b.n.Load(), uint32(0)
	r.sqes64.Add(int64(left))
	atomic.StoreRel(r.sqTail, r.tail)
	for tries := 0; left != 0 || inflight != 0; {
		wait, flags := uintptr(0), uintptr(0)
		if left == 0 {
			// Not expected, since nothing waits; but what the kernel
			// has, it owns.
			wait, flags = uintptr(inflight), _IORING_ENTER_GETEVENTS
		}
		n, _, errno := linux.Syscall6(_SYS_io_uring_enter, uintptr(r.fd), uintptr(left), wait, flags, 0, 0)
		r.enters.Add(1)
		if errno == 0 {
			left -= uint32(n)
			inflight += uint32(n)
		}
		inflight -= r.reap(toRun)
		if errno == 0 && n != 0 || errno == _EINTR {
			r.fails = 0
			continue
		}
		// EAGAIN, EBUSY: the kernel lacks memory for requests.
		if tries++; tries > zioMaxTries && left != 0 {
			r.sqes64.Add(-int64(left))
			// The kernel does not look at them outside of io_uring_enter.
			r.tail -= left
			atomic.StoreRel(r.sqTail, r.tail)
			b.takeBack(b.n.Load()-left, toRun)
			left = 0
			tries = 0
		} else if left == 0 {
			// Operations that never wait are not done, and the
			// kernel does not let us wait for them. Their buffers
			// are the kernel's; there is no way back.
			if tries > zioMaxWaits {
				println("runtime: zio: io_uring_enter fails with errno", errno, "and", inflight, "operations do not end")
				throw("zio: lost operations")
			}
			usleep(100)
		}
	}
}

// reap takes the completions that the kernel has posted and returns how many.
//
//go:nowritebarrier
func (r *zioRing) reap(toRun *gList) uint32 {
	head := *r.cqHead
	tail := atomic.LoadAcq(r.cqTail)
	n := tail - head
	for ; head != tail; head++ {
		c := (*zioCQE)(add(r.cqes, uintptr(head&r.cqMask)*unsafe.Sizeof(zioCQE{})))
		op := zioOpByID(uint32(c.userData))
		if op == nil || op.state.Load() != uint32(c.userData>>32)<<zioStateBits|zioStateQueued {
			println("runtime: zio: completion for generation", c.userData>>32, "of operation", uint32(c.userData))
			throw("zio: stale completion")
		}
		op.finish(zioResult(c.res), toRun)
	}
	atomic.StoreRel(r.cqHead, head)
	return n
}

// zioResult returns the result of an operation that came back from a ring with
// res. Some errors are the ring's and not the socket's, and only a
// direct send raises the SIGPIPE that belongs to EPIPE, so the goroutine
// repeats these; none of them had an effect.
//
//go:nowritebarrier
func zioResult(res int32) int32 {
	switch -res {
	case _EPIPE, _EINTR, _EINVAL, _ENOMEM, _EFAULT, _ECANCELED:
		return zioRedo
	}
	return int32(zioCallResult(int(res)))
}
