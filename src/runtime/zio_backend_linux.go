// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/cpu"
	"internal/runtime/atomic"
	"internal/runtime/syscall/linux"
	"unsafe"
)

// What all backends of linux share, and the switches over them.

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

// zioOpen registers fd with the backend's readiness set.
func zioOpen(fd uintptr, pd *pollDesc) uintptr {
	if zio.backend == zioPoll {
		return zioPollOpen(fd)
	}
	ev := linux.EpollEvent{Events: zioEpollEvents}
	netpollPackData(&ev, pd, pd.fdseq.Load())
	return linux.EpollCtl(epfd, linux.EPOLL_CTL_ADD, int32(fd), &ev)
}

// zioClosed unregisters fd.
func zioClosed(fd uintptr, pd *pollDesc) uintptr {
	if zio.backend == zioPoll {
		zioPollClosed(pd)
		return 0
	}
	var ev linux.EpollEvent
	return linux.EpollCtl(epfd, linux.EPOLL_CTL_DEL, int32(fd), &ev)
}

// zioLevelTriggered reports whether a goroutine must call zioArm before it parks.
func zioLevelTriggered() bool {
	return zio.backend == zioPoll
}

// zioNetpoll checks for ready descriptors, as netpoll does. Receives that
// goroutines wait for may be performed, in one batch.
func zioNetpoll(delay int64) (gList, int32) {
	if delay < 0 && !netpollAnyWaiters() {
		return gList{}, 0 // see zioPollTook
	}
	if zio.backend == zioPoll {
		return zioPollNetpoll(delay)
	}
	return zioEpollNetpoll(delay)
}

// zioPolled notes the time of a poll. What sysmon does, which has no P and does
// not wait, does not count: it must go on while no P polls.
func zioPolled(delay int64) {
	if getg().m.p == 0 && delay == 0 {
		return
	}
	now := nanotime()
	if now-zio.lastPoll.Load() > zioSysmonAwake && sched.sysmonwait.Load() {
		entersyscallWakeSysmon()
	}
	zio.lastPoll.Store(now)
}

// zioBroken handles readiness of the netpollBreak eventfd.
func zioBroken(delay int64) {
	if delay == 0 {
		// A wakeup that is meant for the thread that blocks in the
		// poller; the eventfd stays readable for it.
		return
	}
	var one uint64
	read(int32(netpollEventFd), noescape(unsafe.Pointer(&one)), int32(unsafe.Sizeof(one)))
	netpollWakeSig.Store(0)
}
