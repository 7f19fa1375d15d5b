// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix || (js && wasm) || wasip1 || windows

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// Receives and sends of goroutines on sockets: who performs them, and how a
// goroutine waits. Called by internal/poll.

// zioDesc is the submission core's part of a pollDesc.
//
// No heap pointers.
type zioDesc struct {
	r zioSlot // operation that waits for reading
	w zioSlot // operation that waits for writing

	// trust says whether a short read means that the receive queue is empty:
	// zioUntrusted, zioTrusted or zioLost. Only ever leaves
	// zioTrusted while the descriptor is open.
	trust atomic.Uint32

	pace zioPace // see zio_pace.go

	// watch is a *zioWatch, or 0; see zio_watch.go.
	watch atomic.Uintptr

	set zioSetEntry // of the poll backend

	kind    uint8  // what the descriptor is, zioOnSocket and so on; constant while it is in use
	file    bool   // no poller knows the descriptor; constant while it is open
	flights uint32 // operations in flight on it, by nextFlight: number of the first plus 1; protected by lock of the pollDesc
}

const (
	zioUntrusted = iota
	zioTrusted
	zioLost // the peer closed or sent urgent data, an error is pending, or the program got hold of the descriptor
)

// poll_zioOn reports whether the submission core is in use. The poller has been
// initialized.
//
//go:linkname poll_zioOn internal/poll.runtime_zioOn
func poll_zioOn() bool {
	return zioOn()
}

// poll_zioTrack prepares a pollDesc for zioRead and zioWrite. short says that
// the descriptor is a stream socket on which a short read means that the
// receive queue is empty (see epoll(7), "Possible pitfalls"), asker that the program
// has connected it.
// It reports whether the submission core is in use.
//
//go:linkname poll_zioTrack internal/poll.runtime_zioTrack
func poll_zioTrack(pd *pollDesc, short, asker bool) bool {
	if !zioOn() {
		return false
	}
	zioPrepare()
	pd.zio.kind = zioOnSocket
	if short {
		pd.zio.trust.CompareAndSwap(zioUntrusted, zioTrusted)
		if asker {
			pd.zio.pace.ask()
		}
	}
	return true
}

// poll_zioChild notes that the descriptor is the pidfd of a process.
//
//go:linkname poll_zioChild internal/poll.runtime_zioChild
func poll_zioChild(pd *pollDesc) {
	pd.zio.kind = zioOnChild
}

// poll_zioShared notes that the program got hold of the descriptor, by
// SyscallConn, File or Fd, and may have changed what a short read means.
//
//go:linkname poll_zioShared internal/poll.runtime_zioShared
func poll_zioShared(pd *pollDesc) {
	pd.zio.trust.Store(zioLost)
}

// touched notes that an operation outside of the submission core is about to
// use the descriptor's receive queue, and rg is reset.
func (z *zioDesc) touched() {
	z.pace.drained = false
}

// reset prepares z for a newly opened descriptor.
func (z *zioDesc) reset() {
	if z.watch.Load() != 0 {
		throw("runtime: watch on free polldesc")
	}
	z.trust.Store(zioUntrusted)
	z.pace = zioPace{}
	z.pace.odds.Store(zioFirstOdds)
	z.set = zioSetEntry{}
	z.kind = zioOnOther
	z.file = false
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
	attempt, learn, queue := z.plan(pd.rg.Load() == pdReady)
	for {
		if attempt {
			z.pace.drained = false
			pd.rg.Store(pdNil)
			r := int(zioRedo)
			if queue {
				queue = false
				r = zioQueue(pd, 'r', zioOpRecv, buf, n)
			}
			if r == zioRedo {
				getg().m.p.ptr().zio.called()
				r = zioRecv(int32(pd.fd), buf, uint32(n))
			}
			if learn {
				learn = false
				z.pace.learn(r > 0)
			}
			if r != zioAgain {
				return z.received(r, n)
			}
			z.pace.drained = true
		}
		attempt = true
		switch r := zioWaitRead(pd, buf, n); {
		case r == zioAgain:
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
	code := uint8(zioOpReady)
	if gp.lockedm == 0 && zioCapability(zioOpRecv) == zioNative {
		// A thread that a goroutine locked itself to may have a
		// descriptor table of its own.
		code = zioOpRecv
	}
	if zioLevelTriggered() {
		zioArm(pd, 'r')
	}
	zioCount(zioCountSubmitted)
	gp.zioPinned = true
	w := zioWait{buf: buf, mode: 'r'}
	r := int32(zioEnded)
	for r == zioEnded {
		if r = zioPark(pd, &w, code, n, 5); r == zioEnded {
			if err := netpollcheckerr(pd, 'r'); err != pollNoError {
				r = int32(zioErrBase - err)
			}
		}
	}
	gp.zioPinned = false
	KeepAlive(w.buf)
	if r <= zioErrBase {
		zioCount(zioCountCanceled)
	} else {
		zioCount(zioCountCompleted)
	}
	return r
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
		if n <= zioQueueWrite && zioCapability(zioOpSend) == zioNative && !pd.zio.pace.asks() {
			r = zioQueue(pd, 'w', zioOpSend, buf, n)
			if r != zioRedo {
				pd.zio.pace.queuedSend()
			}
		}
		if r == zioRedo {
			getg().m.p.ptr().zio.called()
			r = zioSend(int32(pd.fd), buf, uint32(n))
		}
		if r != zioAgain {
			return r
		}
		zioCount(zioCountSubmitted)
		if zioLevelTriggered() {
			zioArm(pd, 'w')
		}
		if !netpollblock(pd, 'w', false) {
			zioCount(zioCountCanceled)
		} else {
			zioCount(zioCountCompleted)
		}
	}
}

// called notes that the goroutine that the P runs is about to receive or send
// something itself. It may be preempted on the way, and another P be meant; it is only a
// sign for sysmon.
func (z *zioP) called() {
	z.calls.StoreRelease(z.calls.Load() + 1)
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
