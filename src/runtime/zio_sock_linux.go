// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

// Receives and sends of goroutines on sockets: who performs them, and how a
// goroutine waits. Called by internal/poll.

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

	// odds estimates how often an attempt to receive from a drained socket
	// finds something although nothing says so, in 256ths: see worthwhile.
	// skips counts those that were not made, answered is sends as of the
	// last receive. Owned as drained is.
	odds     uint8
	skips    uint8
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

// zioWait is what a goroutine that parks hands to its commit function. It is
// on the goroutine's stack, where buf follows a stack that grows; only once
// the goroutine is parked does the address become fixed.
type zioWait struct {
	pd     *pollDesc
	op     *zioOp
	buf    unsafe.Pointer
	opcode uint8 // for zioQueueCommit
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
	// With fake time, for the playground, package syscall writes a header
	// before what goes to standard output.
	return zioOn() && !zio.filtered && faketime == 0
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
	z.odds = zioFirstOdds
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
	attempt, learn, queue := true, false, false
	if z.drained && z.sticky.Load() == 0 {
		if pd.rg.Load() == pdReady {
			queue = zio.backend == zioUring && z.odds < zioBusyOdds && !z.large
		} else if learn = z.worthwhile(); !learn {
			attempt = false
			zioCount(zioCountSkipped)
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
			if learn {
				learn = false
				z.learn(r > 0)
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

// zioForbidden reports whether the result r of a receive or send may be a seccomp
// filter's, which the program put up meanwhile. Upstream's read and write
// may be permitted.
func zioForbidden(r int) bool {
	return r == -_ENOSYS || r == -_EPERM || r == -_EACCES
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
