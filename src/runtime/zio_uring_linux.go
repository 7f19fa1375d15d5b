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

	// zioMaxAge is how long an operation may stay queued while the P has
	// other goroutines to run, zioLookEvery how many operations pass
	// between two looks at the clock.
	zioMaxAge    = 100 * 1000
	zioLookEvery = 16
)

// zioRings lists every ring ever made. Rings are never unmapped: those of
// destroyed Ps are kept for the next one.
var zioRings struct {
	lock mutex
	free *zioRing
	all  atomic.Uintptr // *zioRing
	poll *zioRing       // ring of the polling thread; constant after zioRingInit
}

// zioRingInit makes the first ring and sends a NOP through it, which is the only
// valid probe: a kernel may lack io_uring, a sysctl or a seccomp filter may
// forbid it, and neither shows in a version number.
func zioRingInit() {
	r, call, errno := zioRingSetup()
	if errno == 0 {
		r.sqes[0] = zioSQE{opcode: _IORING_OP_NOP, userData: ^uint64(0)}
		r.tail++
		atomic.StoreRel(r.sqTail, r.tail)
		call = "io_uring_enter"
		var n uintptr
		n, _, errno = linux.Syscall6(_SYS_io_uring_enter, uintptr(r.fd), 1, 1, _IORING_ENTER_GETEVENTS, 0, 0)
		if errno == 0 && (n != 1 || atomic.LoadAcq(r.cqTail) != 1) {
			errno = _EAGAIN
		}
		if errno == 0 {
			atomic.StoreRel(r.cqHead, 1)
			r.sqes64.Add(1)
			zioRings.poll = r
			return
		}
		// It is the only ring so far.
		zioRings.all.Store(0)
		closefd(r.fd)
	}
	if zio.forced {
		print("runtime: GODEBUG=zio=io_uring: ", call, " failed with errno ", errno, zioErrnoName(errno), "; run ziobuild doctor\n")
		exit(2)
	}
	zio.whyNot = errno
	zio.backend = zioEpoll
}

// zioRingNew returns a ring, or nil if none can be had.
func zioRingNew() *zioRing {
	lock(&zioRings.lock)
	if r := zioRings.free; r != nil {
		zioRings.free = r.nfree
		unlock(&zioRings.lock)
		return r
	}
	unlock(&zioRings.lock)
	r, _, errno := zioRingSetup()
	if errno != 0 {
		return nil
	}
	return r
}

// zioRingFree gives back the ring of a P that is destroyed.
func zioRingFree(r *zioRing) {
	lock(&zioRings.lock)
	r.nfree = zioRings.free
	zioRings.free = r
	unlock(&zioRings.lock)
}

// zioRingSetup makes a ring: restricted to the operations that are used, closed
// on exec, not inherited by fork. On failure it returns the system call
// that failed.
func zioRingSetup() (r *zioRing, call string, errno uintptr) {
	var p zioParams
	// Newest kernels first. What the flags bring is explained in
	// io_uring_setup(2); none is needed.
	for _, flags := range [...]uint32{
		_IORING_SETUP_SUBMIT_ALL | _IORING_SETUP_COOP_TASKRUN | _IORING_SETUP_TASKRUN_FLAG,
		_IORING_SETUP_SUBMIT_ALL,
		0,
	} {
		p = zioParams{flags: flags | _IORING_SETUP_R_DISABLED | _IORING_SETUP_CQSIZE, cqEntries: 2 * zioRingSize}
		fd, _, e := linux.Syscall6(_SYS_io_uring_setup, zioRingSize, uintptr(unsafe.Pointer(&p)), 0, 0, 0, 0)
		if errno = e; errno == 0 {
			call = ""
			r = (*zioRing)(persistentalloc(unsafe.Sizeof(zioRing{}), 64, &memstats.other_sys))
			r.fd = int32(fd)
			break
		}
		if errno != _EINVAL {
			break
		}
	}
	if errno != 0 {
		return nil, "io_uring_setup", errno
	}
	const need = _IORING_FEAT_SINGLE_MMAP | _IORING_FEAT_NODROP
	if p.features&need != need {
		closefd(r.fd)
		return nil, "io_uring_setup", _ENOSYS
	}
	ringLen := max(uintptr(p.sqOff.array)+uintptr(p.sqEntries)*4,
		uintptr(p.cqOff.cqes)+uintptr(p.cqEntries)*unsafe.Sizeof(zioCQE{}))
	m, e := mmap(nil, ringLen, _PROT_READ|_PROT_WRITE, _MAP_SHARED, r.fd, _IORING_OFF_SQ_RING)
	if e != 0 {
		closefd(r.fd)
		return nil, "mmap", uintptr(e)
	}
	sqesLen := unsafe.Sizeof(*r.sqes)
	s, e := mmap(nil, sqesLen, _PROT_READ|_PROT_WRITE, _MAP_SHARED, r.fd, _IORING_OFF_SQES)
	if e != 0 {
		munmap(m, ringLen)
		closefd(r.fd)
		return nil, "mmap", uintptr(e)
	}
	// A child process must not share the rings.
	madvise(m, ringLen, _MADV_DONTFORK)
	madvise(s, sqesLen, _MADV_DONTFORK)
	r.sqHead = (*uint32)(add(m, uintptr(p.sqOff.head)))
	r.sqTail = (*uint32)(add(m, uintptr(p.sqOff.tail)))
	r.cqHead = (*uint32)(add(m, uintptr(p.cqOff.head)))
	r.cqTail = (*uint32)(add(m, uintptr(p.cqOff.tail)))
	r.cqMask = *(*uint32)(add(m, uintptr(p.cqOff.ringMask)))
	r.cqes = add(m, uintptr(p.cqOff.cqes))
	r.sqes = (*[zioRingSize]zioSQE)(s)
	array := (*[zioRingSize]uint32)(add(m, uintptr(p.sqOff.array)))
	for i := range array {
		array[i] = uint32(i)
	}
	allow := [...]zioRestriction{
		{opcode: _IORING_RESTRICTION_SQE_OP, op: _IORING_OP_NOP},
		{opcode: _IORING_RESTRICTION_SQE_OP, op: _IORING_OP_SEND},
		{opcode: _IORING_RESTRICTION_SQE_OP, op: _IORING_OP_RECV},
	}
	_, _, errno = linux.Syscall6(_SYS_io_uring_register, uintptr(r.fd), _IORING_REGISTER_RESTRICT, uintptr(unsafe.Pointer(&allow)), uintptr(len(allow)), 0, 0)
	if errno == 0 {
		_, _, errno = linux.Syscall6(_SYS_io_uring_register, uintptr(r.fd), _IORING_REGISTER_ENABLE, 0, 0, 0, 0)
	}
	if errno != 0 {
		munmap(s, sqesLen)
		munmap(m, ringLen)
		closefd(r.fd)
		return nil, "io_uring_register", errno
	}
	for {
		head := zioRings.all.Load()
		r.link = (*zioRing)(unsafe.Pointer(head))
		if zioRings.all.CompareAndSwap(head, uintptr(unsafe.Pointer(r))) {
			return r, "", 0
		}
	}
}

// zioFirstRing returns the first ring of the list that link continues.
func zioFirstRing() *zioRing {
	return (*zioRing)(unsafe.Pointer(zioRings.all.Load()))
}

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
	if left == 1 {
		r.runDirect(toRun)
		return
	}
	if r.fails == zioMaxFails {
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
		if tries++; tries > 3 && left != 0 {
			r.sqes64.Add(-int64(left))
			r.takeBack(left, toRun)
			left = 0
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
