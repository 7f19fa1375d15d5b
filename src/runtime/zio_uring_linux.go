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

// A zioRing is an io_uring instance that performs batches of operations, none
// of which waits inside the kernel. Since all of them complete before
// io_uring_enter returns, it does not matter which thread calls it: a ring
// belongs to whoever holds its lock, for the length of a batch.
//
// There is one for each P that queued an operation, and one for the thread
// that polls.
//
// No heap pointers.
type zioRing struct {
	_ sys.NotInHeap

	locked atomic.Uint32 // held while operations are added or performed; never waited for on a hot path
	fd     int32         // constant
	nfree  *zioRing      // next in zioRings.free

	// Mapped memory shared with the kernel; the pointers are constant.
	sqHead *uint32 // written by the kernel
	sqTail *uint32
	cqHead *uint32
	cqTail *uint32 // written by the kernel
	cqMask uint32
	sqes   *[zioRingSize]zioSQE
	cqes   unsafe.Pointer
	mem    unsafe.Pointer // all but sqes
	memLen uintptr

	queued atomic.Uint32 // entries that the kernel has not got; written with the lock held
	tail   uint32        // our copy of sqTail; protected by locked
	fails  uint32        // batches in a row that the kernel refused; protected by locked
	since  atomic.Int64  // nanotime when queued left 0; written with the lock held

	slots [zioRingSize]zioSlot // protected by locked

	enters atomic.Uint64 // calls of io_uring_enter
	sqes64 atomic.Uint64 // operations performed
	link   *zioRing      // in zioRings.all; constant
}

// A zioSlot says whose operation an entry is. user_data is the slot's index
// and its generation, so that a completion that comes late or twice cannot be
// taken for that of the slot's next user.
type zioSlot struct {
	op  *zioOp
	gen uint32
}

const (
	zioRingSize = 256 // entries; at least as many as zioNetpoll takes events at once

	// zioMaxFails is after how many refused batches a ring is given up: a
	// program may forbid itself io_uring_enter after the ring was made.
	zioMaxFails = 16

	// zioMaxTries is how often a batch is offered to a kernel that refuses it,
	// zioMaxWaits how often, every 100 us, it is looked after operations
	// that the kernel has taken.
	zioMaxTries = 3
	zioMaxWaits = 10000

	// zioMaxAge is how long an operation may stay queued while the P has
	// other goroutines to run, zioLookEvery how many operations pass
	// between two looks at the clock.
	zioMaxAge    = 100 * 1000
	zioLookEvery = 16
)

// tryLock and unlock protect the ring. Whoever holds the lock and finds
// operations queued must run them before unlock, or be the P that owns the ring
// and does so before it goes idle: whoever fails to lock it relies on that.
func (r *zioRing) tryLock() bool {
	return r.locked.Load() == 0 && r.locked.CompareAndSwap(0, 1)
}

func (r *zioRing) unlock() {
	r.locked.Store(0)
}

// busy reports whether somebody holds the lock.
func (r *zioRing) busy() bool {
	return r.locked.Load() != 0
}

// add queues an operation. There must be room: the caller runs the ring when
// it is full. The goroutine op.gp is parked and stays so until run returns it.
//
//go:nowritebarrier
func (r *zioRing) add(opcode uint8, pd *pollDesc, op *zioOp) {
	i := r.tail % zioRingSize
	slot := &r.slots[i]
	slot.op = op
	slot.gen++
	e := &r.sqes[i]
	e.opcode = opcode
	e.fd = int32(pd.fd)
	e.addr = uint64(op.buf)
	e.len = op.len
	e.opflags = _MSG_DONTWAIT
	if opcode == _IORING_OP_SEND {
		e.opflags |= _MSG_NOSIGNAL
	}
	e.userData = uint64(slot.gen)<<32 | uint64(i)
	r.tail++
	r.queued.Store(r.queued.Load() + 1)
}

// run performs every queued operation and pushes the goroutines that waited
// for them.
//
//go:nowritebarrier
func (r *zioRing) run(toRun *gList) {
	left := r.queued.Load()
	if left == 1 && !zio.filtered {
		r.runDirect(toRun)
		return
	}
	if left == 1 || r.fails == zioMaxFails {
		r.takeBack(left, toRun)
		r.queued.Store(0)
		return
	}
	r.fails++
	r.sqes64.Add(int64(left))
	atomic.StoreRel(r.sqTail, r.tail)
	inflight := uint32(0)
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
			r.takeBack(left, toRun)
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
	r.queued.Store(0)
}

// runDirect performs the only queued operation without the ring.
//
//go:nowritebarrier
func (r *zioRing) runDirect(toRun *gList) {
	r.tail--
	i := r.tail % zioRingSize
	e := &r.sqes[i]
	op := r.slots[i].op
	if e.opcode == _IORING_OP_RECV {
		op.res = int32(zioRecv(e.fd, unsafe.Pointer(uintptr(e.addr)), e.len))
	} else {
		op.res = int32(zioSend(e.fd, unsafe.Pointer(uintptr(e.addr)), e.len))
	}
	op.done = true
	r.queued.Store(0)
	toRun.push(op.gp.ptr())
}

// takeBack takes the last n entries back from the kernel, which does not look
// at them outside of io_uring_enter, and lets their goroutines perform them.
//
//go:nowritebarrier
func (r *zioRing) takeBack(n uint32, toRun *gList) {
	for ; n > 0; n-- {
		r.tail--
		op := r.slots[r.tail%zioRingSize].op
		op.res = zioRedo
		op.done = true
		toRun.push(op.gp.ptr())
	}
	atomic.StoreRel(r.sqTail, r.tail)
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
		slot := &r.slots[uint32(c.userData)%zioRingSize]
		if slot.gen != uint32(c.userData>>32) {
			println("runtime: zio: completion for generation", c.userData>>32, "of slot", uint32(c.userData), "which is at", slot.gen)
			throw("zio: stale completion")
		}
		op := slot.op
		op.res = zioResult(c.res)
		op.done = true
		toRun.push(op.gp.ptr())
	}
	atomic.StoreRel(r.cqHead, head)
	return n
}

// zioResult returns the result of an operation that came back from a ring with
// res. Some errors are the ring's and not the socket's, and only a
// direct send raises the SIGPIPE that belongs to EPIPE, so the goroutine
// repeats these; none of them had an effect.
func zioResult(res int32) int32 {
	switch -res {
	case _EPIPE, _EINTR, _EINVAL, _ENOMEM, _EFAULT, _ECANCELED:
		return zioRedo
	}
	return res
}
