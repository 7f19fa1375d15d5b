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

// zioRings lists every ring ever made. Rings are never unmapped: those of
// destroyed Ps are kept for the next one.
var zioRings struct {
	lock mutex
	free *zioRing       // complete rings
	mem  *zioRing       // memory of rings that could not be made
	all  atomic.Uintptr // *zioRing
	poll *zioRing       // ring of the polling thread; constant after zioRingInit
}

// zioRingInit makes the first ring and sends a NOP through it, which is the only
// valid probe: a kernel may lack io_uring, a sysctl or a seccomp filter may
// forbid it, and neither shows in a version number. A filter may raise SIGSYS,
// which leaves the number of the call as its result.
func zioRingInit() {
	if zio.filtered {
		ignoreSIGSYS()
	}
	r, call, errno := zioRingSetup()
	if errno == 0 {
		if call, errno = r.probe(); errno != 0 {
			r.abandon()
		}
	}
	if zio.filtered {
		restoreSIGSYS()
	}
	if errno == 0 {
		zioRings.poll = r
		r.publish()
		return
	}
	if zio.forced {
		zioCannotStart(zioUring, call, errno)
	}
	zio.whyNot = errno
	zio.backend = zioEpoll
}

// zioRingNew returns a ring, or nil if none can be had.
func zioRingNew() *zioRing {
	lock(&zioRings.lock)
	r := zioRings.free
	if r != nil {
		zioRings.free = r.nfree
	}
	unlock(&zioRings.lock)
	if r != nil {
		return r
	}
	r, _, errno := zioRingSetup()
	if errno != 0 {
		return nil
	}
	r.publish()
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
	lock(&zioRings.lock)
	if r = zioRings.mem; r != nil {
		zioRings.mem = r.nfree
	}
	unlock(&zioRings.lock)
	if r == nil {
		r = (*zioRing)(persistentalloc(unsafe.Sizeof(zioRing{}), 64, &memstats.other_sys))
	}
	*r = zioRing{fd: -1}
	var p zioParams
	call = "io_uring_setup"
	if errno = r.open(&p); errno == 0 {
		call = "mmap"
		errno = r.mmap(&p)
	}
	if errno == 0 {
		call = "io_uring_register"
		errno = r.enable()
	}
	if errno != 0 {
		r.abandon()
		return nil, call, errno
	}
	return r, "", 0
}

// open makes the descriptor and returns the errno.
func (r *zioRing) open(p *zioParams) (errno uintptr) {
	// Newest kernels first. What the flags bring is explained in
	// io_uring_setup(2); none is needed.
	for _, flags := range [...]uint32{
		_IORING_SETUP_SUBMIT_ALL | _IORING_SETUP_COOP_TASKRUN | _IORING_SETUP_TASKRUN_FLAG,
		_IORING_SETUP_SUBMIT_ALL,
		0,
	} {
		*p = zioParams{flags: flags | _IORING_SETUP_R_DISABLED | _IORING_SETUP_CQSIZE, cqEntries: 2 * zioRingSize}
		fd, _, errno := linux.Syscall6(_SYS_io_uring_setup, zioRingSize, uintptr(unsafe.Pointer(p)), 0, 0, 0, 0)
		if errno == _EINVAL {
			continue
		}
		if errno != 0 {
			return errno
		}
		if p.features == 0 {
			return _ENOSYS // no kernel has none, and fd is none
		}
		r.fd = int32(fd)
		const need = _IORING_FEAT_SINGLE_MMAP | _IORING_FEAT_NODROP
		if p.features&need != need {
			return _ENOSYS
		}
		return 0
	}
	return _EINVAL
}

// mmap maps the memory that is shared with the kernel and returns the errno.
func (r *zioRing) mmap(p *zioParams) (errno uintptr) {
	n := max(uintptr(p.sqOff.array)+uintptr(p.sqEntries)*4,
		uintptr(p.cqOff.cqes)+uintptr(p.cqEntries)*unsafe.Sizeof(zioCQE{}))
	m, e := mmap(nil, n, _PROT_READ|_PROT_WRITE, _MAP_SHARED, r.fd, _IORING_OFF_SQ_RING)
	if e != 0 {
		return uintptr(e)
	}
	r.mem, r.memLen = m, n
	s, e := mmap(nil, unsafe.Sizeof(*r.sqes), _PROT_READ|_PROT_WRITE, _MAP_SHARED, r.fd, _IORING_OFF_SQES)
	if e != 0 {
		return uintptr(e)
	}
	r.sqes = (*[zioRingSize]zioSQE)(s)
	// A child process must not share the rings.
	madvise(m, n, _MADV_DONTFORK)
	madvise(s, unsafe.Sizeof(*r.sqes), _MADV_DONTFORK)
	r.sqHead = (*uint32)(add(m, uintptr(p.sqOff.head)))
	r.sqTail = (*uint32)(add(m, uintptr(p.sqOff.tail)))
	r.cqHead = (*uint32)(add(m, uintptr(p.cqOff.head)))
	r.cqTail = (*uint32)(add(m, uintptr(p.cqOff.tail)))
	r.cqMask = *(*uint32)(add(m, uintptr(p.cqOff.ringMask)))
	r.cqes = add(m, uintptr(p.cqOff.cqes))
	array := (*[zioRingSize]uint32)(add(m, uintptr(p.sqOff.array)))
	for i := range array {
		array[i] = uint32(i)
	}
	return 0
}

// enable restricts the ring to what is used, makes it ready and returns the
// errno.
func (r *zioRing) enable() (errno uintptr) {
	allow := [...]zioRestriction{
		{opcode: _IORING_RESTRICTION_SQE_OP, op: _IORING_OP_NOP},
		{opcode: _IORING_RESTRICTION_SQE_OP, op: _IORING_OP_SEND},
		{opcode: _IORING_RESTRICTION_SQE_OP, op: _IORING_OP_RECV},
	}
	n, _, errno := linux.Syscall6(_SYS_io_uring_register, uintptr(r.fd), _IORING_REGISTER_RESTRICT, uintptr(unsafe.Pointer(&allow)), uintptr(len(allow)), 0, 0)
	if errno == 0 {
		n, _, errno = linux.Syscall6(_SYS_io_uring_register, uintptr(r.fd), _IORING_REGISTER_ENABLE, 0, 0, 0, 0)
	}
	if errno == 0 && n != 0 {
		errno = _ENOSYS
	}
	return errno
}

// probe sends a NOP through the ring, and on failure returns the system call
// that failed.
func (r *zioRing) probe() (call string, errno uintptr) {
	r.sqes[0] = zioSQE{opcode: _IORING_OP_NOP, userData: ^uint64(0)}
	r.tail++
	atomic.StoreRel(r.sqTail, r.tail)
	n, _, errno := linux.Syscall6(_SYS_io_uring_enter, uintptr(r.fd), 1, 1, _IORING_ENTER_GETEVENTS, 0, 0)
	if errno == 0 && (n != 1 || atomic.LoadAcq(r.cqTail) != 1) {
		errno = _EAGAIN
	}
	if errno != 0 {
		return "io_uring_enter", errno
	}
	atomic.StoreRel(r.cqHead, 1)
	r.sqes64.Add(1)
	return "", 0
}

// publish puts r in the list of all rings. From now on it stays mapped.
func (r *zioRing) publish() {
	for {
		head := zioRings.all.Load()
		r.link = (*zioRing)(unsafe.Pointer(head))
		if zioRings.all.CompareAndSwap(head, uintptr(unsafe.Pointer(r))) {
			return
		}
	}
}

// abandon takes apart a ring that could not be made and that nobody has seen,
// and keeps its memory for the next.
func (r *zioRing) abandon() {
	if r.sqes != nil {
		munmap(unsafe.Pointer(r.sqes), unsafe.Sizeof(*r.sqes))
	}
	if r.mem != nil {
		munmap(r.mem, r.memLen)
	}
	if r.fd >= 0 {
		closefd(r.fd)
	}
	lock(&zioRings.lock)
	r.nfree = zioRings.mem
	zioRings.mem = r
	unlock(&zioRings.lock)
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
