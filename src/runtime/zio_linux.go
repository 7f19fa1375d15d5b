// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/cpu"
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"internal/runtime/syscall/linux"
	"unsafe"
)

// zio is the state of the submission core.
var zio struct {
	chosen   atomic.Uint32 // whether zioBackendInit has run
	backend  uint32        // constant after zioBackendInit, but for uring to epoll when rings are refused
	forced   bool          // GODEBUG names the backend; constant after zioBackendInit
	filtered bool          // a seccomp filter is in place: see zioFiltered; constant after zioBackendInit
	whyNot   uintptr       // errno of the probe that made zioRingInit choose epoll
	ringInit atomic.Uint32 // whether zioRingInit has run

	_        cpu.CacheLinePad // every P reads what is above, and writes what is below
	lastPoll atomic.Int64     // nanotime of the last return from zioNetpoll, but for sysmon's
	enters   atomic.Uint64    // epoll_wait and ppoll calls
	retired  zioCounters      // counters of destroyed Ps, protected by the stopped world
}

// zioDesc is the submission core's part of a pollDesc.
//
// No heap pointers.
type zioDesc struct {
	// sticky is set when readiness cannot tell any more whether the receive
	// queue is empty: the peer closed or sent urgent data, an error is
	// pending, or the program got hold of the descriptor. Accessed
	// atomically; only ever set while the descriptor is open.
	sticky atomic.Uint32

	// short says that a short read empties the receive queue. Constant
	// while the descriptor is open.
	short bool

	// drained says that the last receive emptied the queue and that no
	// readiness event had come since rg was last pdNil. Owned by the
	// goroutine that holds the descriptor's read lock.
	drained bool

	// stream says that the last attempt to receive from a drained socket
	// found something, and no send had been queued in between: the peer sends
	// without waiting for answers, and attempts are worth their cost.
	// One in zioProbeEvery is made to find out, counted by probes.
	// answered is sends as of the last receive. Owned as drained is.
	stream   bool
	probes   uint8
	answered uint32

	// sends counts queued sends. Written by the goroutine that holds the
	// write lock.
	sends atomic.Uint32

	// large says that the last receive brought so much that copying
	// outweighs the system call: the goroutine does it itself, so that
	// several processors can copy. Owned as drained is.
	large bool

	// watch is a *zioWatch, or 0; see zio_watch_linux.go.
	watch atomic.Uintptr

	// For the poll backend, protected by zioPollSet.lock.
	armed  uint8 // what goroutines wait for, zioPollR and zioPollW
	edge   bool  // readiness comes from epoll, see zioPollEdge
	polled bool  // in the copy of the thread that polls
	idx    int32 // index in the set, 0 if not in it

	r zioOp // receive; owned as the state table in zio.go says
	w zioOp // send; likewise
}

// zioOp is one operation on a pollDesc.
//
// No heap pointers: the buffer is kept alive by the frames of the parked
// goroutine.
type zioOp struct {
	_    sys.NotInHeap
	buf  uintptr
	len  uint32
	kind uint8 // zioOpNone or the state armed or queued of zio.go
	done bool  // res is valid
	res  int32 // count, or negated error number
	gp   guintptr
}

const (
	zioOpNone = iota
	zioOpArmed
	zioOpQueued
)

// zioP is the submission core's part of a p.
type zioP struct {
	ring  *zioRing    // nil until the first operation is queued; not in the heap
	late  atomic.Bool // sysmon saw that queued operations are late, and preempts the P
	retry uint32      // sends to perform directly until another ring is tried for, after one could not be had
	tick  uint32      // calls of zioTick
	count zioCounters

	// slice is the goroutine that sysmon saw running. Only sysmon uses it.
	slice struct {
		tick uint32
		when int64
	}
}

const (
	// zioMaxRead and zioMaxWrite bound the operations that are performed
	// without entersyscall. The kernel copies at most this many bytes, which
	// takes microseconds; while it does, the P cannot be taken away.
	zioMaxRead  = 64 << 10
	zioMaxWrite = 16 << 10

	// zioRingRetry is how many sends are performed directly before a P that
	// could not get a ring tries again.
	zioRingRetry = 1 << 10

	// zioProbeEvery is how many receives from a drained socket pass until
	// one is attempted all the same. A power of 2 that fits uint8.
	zioProbeEvery = 64

	// zioLargeRead is the receive from which copying outweighs the system
	// call.
	zioLargeRead = 8 << 10

	// zioQueueWrite is the largest send worth queueing: beyond, copying
	// costs more than the system call.
	zioQueueWrite = 4 << 10
)

// zioOn reports whether the submission core is in use.
//
//go:nosplit
func zioOn() bool {
	return zio.backend != zioOff
}

// zioBackendInUse returns the backend in use.
func zioBackendInUse() uint32 {
	return zio.backend
}

// zioWhyNot returns the error number that made io_uring unusable, 0 if none.
func zioWhyNot() uintptr {
	return zio.whyNot
}

// poll_zioOn reports whether the submission core is in use. The poller has been
// initialized.
//
//go:linkname poll_zioOn internal/poll.runtime_zioOn
func poll_zioOn() bool {
	return zioOn()
}

// poll_zioAnyCall reports whether the submission core is in use and may make
// system calls that upstream does not make. It does not initialize the poller.
//
//go:linkname poll_zioAnyCall internal/poll.runtime_zioAnyCall
func poll_zioAnyCall() bool {
	if zio.chosen.Load() == 0 {
		lockInit(&netpollInitLock, lockRankNetpollInit) // as netpollGenericInit, which may come later
		lock(&netpollInitLock)
		zioBackendInit()
		unlock(&netpollInitLock)
	}
	return zioOn() && !zio.filtered
}

// poll_zioOpen prepares a pollDesc for zioRead and zioWrite. short says that
// the descriptor is a stream socket on which a short read means that the
// receive queue is empty (see epoll(7), "Possible pitfalls").
// It reports whether the submission core is in use.
//
//go:linkname poll_zioOpen internal/poll.runtime_zioOpen
func poll_zioOpen(pd *pollDesc, short bool) bool {
	if !zioOn() {
		return false
	}
	if zio.backend == zioUring && zio.ringInit.Load() == 0 {
		lock(&netpollInitLock)
		if zio.ringInit.Load() == 0 {
			zioRingInit()
			zio.ringInit.Store(1)
		}
		unlock(&netpollInitLock)
	}
	pd.zio.short = short
	return true
}

// poll_zioShared notes that the program got hold of the descriptor, by
// SyscallConn, File or Fd, and may have changed what a short read means.
//
//go:linkname poll_zioShared internal/poll.runtime_zioShared
func poll_zioShared(pd *pollDesc) {
	pd.zio.sticky.Store(1)
}

// zioLevelTriggered reports whether a goroutine must call zioArm before it parks.
func zioLevelTriggered() bool {
	return zio.backend == zioPoll
}

// touched notes that an operation outside of the submission core is about to
// use the descriptor's receive queue, and rg is reset.
func (z *zioDesc) touched() {
	z.drained = false
}

// reset prepares z for a newly opened descriptor.
func (z *zioDesc) reset() {
	if z.watch.Load() != 0 {
		throw("runtime: watch on free polldesc")
	}
	z.sticky.Store(0)
	z.short = false
	z.drained = false
	z.large = false
	z.stream = false
	z.edge = false
	z.r.kind = zioOpNone
	z.w.kind = zioOpNone
}

// poll_zioRead receives into buf, waiting until there is something to receive.
// It returns the count, a negated error number, zioRedo when the caller must
// use an ordinary read, or zioErrBase minus a pollErr code.
// The caller holds the descriptor's read lock.
//
//go:linkname poll_zioRead internal/poll.runtime_zioRead
func poll_zioRead(pd *pollDesc, buf unsafe.Pointer, n int) int {
	if err := netpollcheckerr(pd, 'r'); err != pollNoError {
		return zioErrBase - err
	}
	if n > zioMaxRead || !zioResident(buf, n) {
		return zioRedo
	}
	z := &pd.zio
	attempt, probe, queue := true, false, false
	if z.drained && z.sticky.Load() == 0 {
		if pd.rg.Load() == pdReady {
			queue = zio.backend == zioUring && !z.stream && !z.large
		} else {
			z.probes++
			probe = z.stream || z.probes%zioProbeEvery == 0
			if !probe {
				attempt = false
				zioCount(zioCountSkipped)
			}
		}
	}
	for {
		if attempt {
			z.drained = false
			pd.rg.Store(pdNil)
			r := int(zioRedo)
			if queue {
				queue = false
				r = zioQueue(pd, &z.r, _IORING_OP_RECV, buf, n)
			}
			if r == zioRedo {
				r = zioRecv(int32(pd.fd), buf, uint32(n))
			}
			if probe {
				z.stream = r > 0 && z.answered == z.sends.Load()
				probe = false
			}
			if r != -_EAGAIN {
				return z.received(r, n)
			}
			z.drained = true
		}
		attempt = true
		switch r := zioWaitRead(pd, buf, n); {
		case r == -_EAGAIN:
			// Somebody else took the data, a dup of the descriptor
			// perhaps.
			attempt = false
		case r != zioRedo:
			return z.received(int(r), n)
		}
	}
}

// zioResident reports whether the n bytes at buf are in the heap or on the
// stack of this goroutine. Other memory, mapped files for one, may take a page
// fault for as long as somebody else pleases, and must only be touched by a
// thread that has given up its P.
func zioResident(buf unsafe.Pointer, n int) bool {
	lo, hi := uintptr(buf), uintptr(buf)+uintptr(n)
	if gp := getg(); gp.stack.lo <= lo && lo < gp.stack.hi {
		return hi <= gp.stack.hi
	}
	s := spanOf(lo)
	return s != nil && s.state.get() == mSpanInUse && hi <= s.base()+s.npages*pageSize
}

// received notes what the result r of a receive of up to n bytes says about
// the receive queue, and returns r.
func (z *zioDesc) received(r, n int) int {
	if zioForbidden(r) {
		return zioRedo
	}
	if r <= zioErrBase {
		return r
	}
	z.large = r > zioLargeRead
	z.answered = z.sends.Load()
	z.drained = r > 0 && r < n && z.short && z.sticky.Load() == 0
	return r
}

// zioForbidden reports whether the result r of a receive or send may be a seccomp
// filter's, which the program put up meanwhile. Upstream's read and write
// may be permitted.
func zioForbidden(r int) bool {
	return r == -_ENOSYS || r == -_EPERM || r == -_EACCES
}

// zioWait is what a goroutine that parks hands to its commit function. It is
// on the goroutine's stack, where buf follows a stack that grows; only once
// the goroutine is parked does the address become fixed.
type zioWait struct {
	pd     *pollDesc
	op     *zioOp
	buf    unsafe.Pointer
	opcode uint8 // for zioQueueCommit
}

// zioWaitRead parks until the descriptor is readable. If the backend performed
// the receive it returns the result, if not zioRedo.
func zioWaitRead(pd *pollDesc, buf unsafe.Pointer, n int) int32 {
	gp := getg()
	op := &pd.zio.r
	op.len = uint32(n)
	op.done = false
	op.res = zioRedo
	if zio.backend == zioUring && gp.lockedm == 0 {
		// A thread that a goroutine locked itself to may have a
		// descriptor table of its own.
		op.kind = zioOpArmed
	} else if zio.backend == zioPoll {
		zioArm(pd, 'r')
	}
	zioCount(zioCountSubmitted)
	gp.zioInFlight = true
	for !zioBlockRead(pd, buf) {
		if err := netpollcheckerr(pd, 'r'); err != pollNoError {
			op.res = int32(zioErrBase - err)
			break
		}
	}
	gp.zioInFlight = false
	op.kind = zioOpNone
	if op.res <= zioErrBase {
		zioCount(zioCountCanceled)
	} else {
		zioCount(zioCountCompleted)
	}
	return op.res
}

// zioBlockRead is netpollblock for a receive that a backend may perform. It
// returns whether the descriptor is ready or the receive performed.
func zioBlockRead(pd *pollDesc, buf unsafe.Pointer) bool {
	for {
		if pd.rg.CompareAndSwap(pdReady, pdNil) {
			return true
		}
		if pd.rg.CompareAndSwap(pdNil, pdWait) {
			break
		}
		if v := pd.rg.Load(); v != pdReady && v != pdNil {
			throw("runtime: double wait")
		}
	}
	// As in netpollblock, recheck after setting pdWait.
	if netpollcheckerr(pd, 'r') == pollNoError {
		w := zioWait{pd: pd, op: &pd.zio.r, buf: buf}
		gopark(zioReadCommit, noescape(unsafe.Pointer(&w)), waitReasonIOWait, traceBlockNet, 5)
		KeepAlive(w.buf)
	}
	if pd.zio.r.done {
		// The backend took rg to pdNil when it claimed the operation;
		// what rg says now belongs to a later event.
		return true
	}
	old := pd.rg.Swap(pdNil)
	if old > pdWait {
		throw("runtime: corrupted polldesc")
	}
	return old == pdReady
}

// zioReadCommit is netpollblockcommit for a receive.
func zioReadCommit(gp *g, wp unsafe.Pointer) bool {
	w := (*zioWait)(wp)
	w.op.buf = uintptr(w.buf)
	return netpollblockcommit(gp, unsafe.Pointer(&w.pd.rg))
}

// poll_zioWrite sends buf once, waiting until at least one byte can be sent.
// The results are those of poll_zioRead. The caller holds the descriptor's
// write lock.
//
//go:linkname poll_zioWrite internal/poll.runtime_zioWrite
func poll_zioWrite(pd *pollDesc, buf unsafe.Pointer, n int) int {
	if n > zioMaxWrite || !zioResident(buf, n) {
		return zioRedo
	}
	for {
		if err := netpollcheckerr(pd, 'w'); err != pollNoError {
			return zioErrBase - err
		}
		pd.wg.Store(pdNil)
		r := int(zioRedo)
		if n <= zioQueueWrite && zio.backend == zioUring {
			r = zioQueue(pd, &pd.zio.w, _IORING_OP_SEND, buf, n)
			if r != zioRedo {
				pd.zio.sends.StoreRelease(pd.zio.sends.Load() + 1)
			}
		}
		if r == zioRedo {
			r = zioSend(int32(pd.fd), buf, uint32(n))
		}
		switch {
		case zioForbidden(r):
			return zioRedo
		case r == -_EAGAIN:
			zioCount(zioCountSubmitted)
			if zio.backend == zioPoll {
				zioArm(pd, 'w')
			}
			if !netpollblock(pd, 'w', false) {
				zioCount(zioCountCanceled)
			} else {
				zioCount(zioCountCompleted)
			}
		default:
			return r
		}
	}
}

// zioQueue queues an operation on this P's ring if other goroutines are about
// to run here, parks until it was performed and returns the result. If nothing
// else is about to run, a ring saves nothing and it returns zioRedo.
func zioQueue(pd *pollDesc, op *zioOp, opcode uint8, buf unsafe.Pointer, n int) int {
	mp := acquirem()
	pp := mp.p.ptr()
	z := &pp.zio
	// A goroutine in runnext was made ready by this one, and works with it:
	// it would run now, before this one is done with its part.
	if mp.lockedg != 0 || pp.runnext != 0 || runqempty(pp) && !zioQueued(pp) || !zioMayQueue(pp) {
		releasem(mp)
		return zioRedo
	}
	if z.ring == nil {
		if z.retry != 0 {
			z.retry--
			releasem(mp)
			return zioRedo
		}
		if z.ring = zioRingNew(); z.ring == nil {
			z.retry = zioRingRetry
			releasem(mp)
			return zioRedo
		}
	}
	z.count.submitted++
	releasem(mp)

	gp := getg()
	op.len = uint32(n)
	op.kind = zioOpQueued
	op.done = false
	op.res = zioRedo
	op.gp.set(gp)
	gp.zioInFlight = true
	w := zioWait{pd, op, buf, opcode}
	gopark(zioQueueCommit, noescape(unsafe.Pointer(&w)), waitReasonIOSubmit, traceBlockNet, 4)
	KeepAlive(w.buf)
	gp.zioInFlight = false
	op.kind = zioOpNone
	zioCount(zioCountCompleted)
	return int(op.res)
}

// zioQueueCommit puts the operation of a goroutine that has just parked on the
// ring of its P.
func zioQueueCommit(gp *g, wp unsafe.Pointer) bool {
	w := (*zioWait)(wp)
	w.op.buf = uintptr(w.buf)
	r := getg().m.p.ptr().zio.ring
	if r == nil || !r.tryLock() {
		// The goroutine was preempted since and parks on another P,
		// or sysmon is flushing this ring: perform it directly.
		return false
	}
	var list gList
	if r.queued.Load() == 0 {
		r.since.Store(nanotime())
	}
	r.add(w.opcode, w.pd, w.op)
	q := r.queued.Load()
	if q == zioRingSize || q%zioLookEvery == 0 && nanotime()-r.since.Load() > zioMaxAge {
		r.run(&list)
	}
	r.unlock()
	injectglist(&list)
	return true
}

// zioReady declares that the descriptor of pd is ready, as netpollready does.
// A goroutine that waits with an armed receive is not resumed: the receive is
// claimed and queued on b instead, if b is not nil.
//
//go:nowritebarrier
func zioReady(toRun *gList, pd *pollDesc, mode int32, b *zioRing) int32 {
	if b == nil || mode == 'w' {
		return netpollready(toRun, pd, mode)
	}
	old := pd.rg.Load()
	op := &pd.zio.r
	if old <= pdWait || op.kind != zioOpArmed || pd.zio.large || !pd.rg.CompareAndSwap(old, pdNil) {
		return netpollready(toRun, pd, mode)
	}
	delta := int32(-1)
	if op.kind == zioOpArmed {
		op.gp = guintptr(old)
		b.add(_IORING_OP_RECV, pd, op)
	} else {
		// Between the load and the swap the goroutine was resumed by a
		// deadline and came back for an ordinary wait.
		pd.rg.CompareAndSwap(pdNil, pdReady)
		toRun.push((*g)(unsafe.Pointer(old)))
	}
	if mode == 'r'+'w' {
		delta += netpollready(toRun, pd, 'w')
	}
	return delta
}

// zioRecv and zioSend receive and send without waiting. They do not tell the
// scheduler, since they cannot block: MSG_DONTWAIT holds even where the
// program put the descriptor in blocking mode. They return a count or a
// negated error number.
//
// Under a seccomp filter they are what upstream does (zioFiltered), and must be
// called by a goroutine.
//
// They are nosplit because a stack buffer must not move once its address is a
// uintptr, and because entersyscall demands it.
//
//go:nosplit
func zioRecv(fd int32, buf unsafe.Pointer, n uint32) int {
	for {
		if zio.filtered {
			entersyscall()
			r := read(fd, buf, int32(n))
			exitsyscall()
			if r != -_EINTR {
				return int(r)
			}
			continue
		}
		r, _, errno := linux.Syscall6(_SYS_recvfrom, uintptr(fd), uintptr(buf), uintptr(n), _MSG_DONTWAIT, 0, 0)
		if errno == 0 {
			return int(r)
		}
		if errno != _EINTR {
			return -int(errno)
		}
	}
}

//go:nosplit
func zioSend(fd int32, buf unsafe.Pointer, n uint32) int {
	for {
		if zio.filtered {
			entersyscall()
			r := write1(uintptr(fd), buf, int32(n))
			exitsyscall()
			if r != -_EINTR {
				return int(r)
			}
			continue
		}
		r, _, errno := linux.Syscall6(_SYS_sendto, uintptr(fd), uintptr(buf), uintptr(n), _MSG_DONTWAIT, 0, 0)
		if errno == 0 {
			return int(r)
		}
		if errno != _EINTR {
			return -int(errno)
		}
	}
}
