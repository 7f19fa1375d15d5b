// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/goarch"
	"internal/runtime/atomic"
	"internal/runtime/syscall/linux"
	"unsafe"
)

// How a ring is made, tried and given up.

// zioRings lists every ring ever made. Rings are never unmapped: they belong to
// batches, which are used again.
var zioRings struct {
	lock mutex
	mem  *zioRing       // memory of rings that could not be made
	all  atomic.Uintptr // *zioRing
}

// zioRingInit makes the first ring and sends a NOP through it, which is the only
// valid probe: a kernel may lack io_uring, a sysctl or a seccomp filter may
// forbid it, and neither shows in a version number. A filter may raise SIGSYS,
// which leaves the number of the call as its result.
func zioRingInit() {
	if zioLinux.filtered {
		ignoreSIGSYS()
	}
	r, call, errno := zioRingSetup()
	if errno == 0 {
		if call, errno = r.probe(); errno != 0 {
			r.abandon()
		}
	}
	if zioLinux.filtered {
		restoreSIGSYS()
	}
	if errno == 0 {
		r.publish()
		zioBatches.poll = zioBatchWith(r)
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
	r, _, errno := zioRingSetup()
	if errno != 0 {
		return nil
	}
	r.publish()
	return r
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
	if errno = r.open(&p, 2*zioBatchSize, true); errno == 0 {
		call = "mmap"
		errno = r.mmap(&p)
	}
	if errno == 0 {
		call = "io_uring_register"
		errno = r.enable(&p)
	}
	if errno != 0 {
		r.abandon()
		return nil, call, errno
	}
	return r, "", 0
}

// open makes the descriptor, with room for so many completions, and returns the
// errno. With coop, completions do not interrupt a thread that computes.
func (r *zioRing) open(p *zioParams, completions uint32, coop bool) (errno uintptr) {
	// Newest kernels first. What the flags bring is explained in
	// io_uring_setup(2); none is needed.
	for i, flags := range [...]uint32{
		_IORING_SETUP_SUBMIT_ALL | _IORING_SETUP_COOP_TASKRUN | _IORING_SETUP_TASKRUN_FLAG,
		_IORING_SETUP_SUBMIT_ALL,
		0,
	} {
		if i == 0 && !coop {
			continue
		}
		*p = zioParams{flags: zioSetupFlags(flags), cqEntries: completions}
		fd, _, errno := linux.Syscall6(_SYS_io_uring_setup, zioBatchSize, uintptr(unsafe.Pointer(p)), 0, 0, 0, 0)
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

// zioSetupFlags adds to flags what every ring has. Kernels without SUBMIT_ALL stop for
// a grace period, in calls that signals interrupt, when a ring is restricted or
// made ready: some 40 ms each time in 5.10. There, rings are not restricted.
func zioSetupFlags(flags uint32) uint32 {
	if flags&_IORING_SETUP_SUBMIT_ALL != 0 {
		flags |= _IORING_SETUP_R_DISABLED
	}
	return flags | _IORING_SETUP_CQSIZE
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
	off := uint32(_IORING_OFF_SQES)
	if goarch.IsArm == 1 {
		off >>= 12 // its mmap hands the offset to mmap2, which counts in 4096 bytes
	}
	s, e := mmap(nil, unsafe.Sizeof(*r.sqes), _PROT_READ|_PROT_WRITE, _MAP_SHARED, r.fd, off)
	if e != 0 {
		return uintptr(e)
	}
	r.sqes = (*[zioBatchSize]zioSQE)(s)
	// A child process must not share the rings.
	madvise(m, n, _MADV_DONTFORK)
	madvise(s, unsafe.Sizeof(*r.sqes), _MADV_DONTFORK)
	r.sqHead = (*uint32)(add(m, uintptr(p.sqOff.head)))
	r.sqTail = (*uint32)(add(m, uintptr(p.sqOff.tail)))
	r.cqHead = (*uint32)(add(m, uintptr(p.cqOff.head)))
	r.cqTail = (*uint32)(add(m, uintptr(p.cqOff.tail)))
	r.cqMask = *(*uint32)(add(m, uintptr(p.cqOff.ringMask)))
	r.cqes = add(m, uintptr(p.cqOff.cqes))
	array := (*[zioBatchSize]uint32)(add(m, uintptr(p.sqOff.array)))
	for i := range array {
		array[i] = uint32(i)
	}
	return 0
}

// enable makes a ring for attempts ready and returns the errno.
func (r *zioRing) enable(p *zioParams) (errno uintptr) {
	return r.restrict(p, _IORING_OP_NOP, _IORING_OP_SEND, _IORING_OP_RECV)
}

// restrict allows the operations ops and no others, makes the ring ready and
// returns the errno.
func (r *zioRing) restrict(p *zioParams, ops ...uint8) (errno uintptr) {
	if p.flags&_IORING_SETUP_R_DISABLED == 0 {
		return 0 // see zioSetupFlags
	}
	var allow [4]zioRestriction
	for i, op := range ops {
		allow[i] = zioRestriction{opcode: _IORING_RESTRICTION_SQE_OP, op: op}
	}
	n, _, errno := linux.Syscall6(_SYS_io_uring_register, uintptr(r.fd), _IORING_REGISTER_RESTRICT, uintptr(unsafe.Pointer(&allow)), uintptr(len(ops)), 0, 0)
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
	r.unmap()
	lock(&zioRings.lock)
	r.nfree = zioRings.mem
	zioRings.mem = r
	unlock(&zioRings.lock)
}

// unmap gives back what a ring has of the kernel.
func (r *zioRing) unmap() {
	if r.sqes != nil {
		munmap(unsafe.Pointer(r.sqes), unsafe.Sizeof(*r.sqes))
	}
	if r.mem != nil {
		munmap(r.mem, r.memLen)
	}
	if r.fd >= 0 {
		closefd(r.fd)
	}
}

// zioRingStats adds the counters of all rings to s.
func zioRingStats(s *zioStats) {
	for r := (*zioRing)(unsafe.Pointer(zioRings.all.Load())); r != nil; r = r.link {
		s.enters += r.enters.Load()
		s.sqes += r.sqes64.Load()
	}
}
