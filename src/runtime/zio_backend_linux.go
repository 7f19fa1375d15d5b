// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/syscall/linux"
	"unsafe"
)

// The only switch over the backends of linux, and what they share.

// zioHave says that there is a submission core on this system.
const zioHave = true

// zioLinux is what only the backends of linux know.
var zioLinux struct {
	filtered bool          // a seccomp filter is in place: see zioFiltered; constant after zioBackendInit
	ringInit atomic.Uint32 // whether zioRingInit has run

	// Only sysmon uses these. sightless says that waiting for readiness has
	// failed, and blind is when a wait that cannot show readiness last asked
	// for a poll.
	sightless bool
	blind     int64
}

// zioSysmonBlind is how often sysmon polls for Ps that are stuck, where it cannot
// wait for readiness, in ns.
const zioSysmonBlind = 2500 * 1000

// zioPrepare makes and tries the first ring, once, when the first socket is
// opened.
func zioPrepare() {
	if zio.backend != zioUring || zioLinux.ringInit.Load() != 0 {
		return
	}
	lock(&netpollInitLock)
	if zioLinux.ringInit.Load() == 0 {
		zioRingInit()
		zioLinux.ringInit.Store(1)
	}
	unlock(&netpollInitLock)
}

// zioCapability says how the backend performs code.
//
//go:nosplit
func zioCapability(code uint8) uint8 {
	switch {
	case code >= zioOpRead:
		if zio.backend == zioUring && !zioLinux.filtered {
			return zioInflight
		}
		return zioNo
	case code != zioOpReady && zio.backend == zioUring:
		return zioNative
	}
	return zioReadyThenCall
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

// zioSysmonReady waits for up to ns nanoseconds until a descriptor may be ready,
// and reports whether one may be. It takes no event.
func zioSysmonReady(ns int64) bool {
	z := &zioLinux
	if !z.sightless && !z.filtered && zio.backend != zioPoll {
		pfd := zioPollFD{fd: int32(epfd), events: _POLLIN}
		ts := zioTimespecOf(ns)
		n, _, errno := linux.Syscall6(_SYS_ppoll, uintptr(unsafe.Pointer(&pfd)), 1, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
		zio.enters.Add(1)
		if errno == 0 || errno == _EINTR {
			return errno == 0 && n != 0
		}
		z.sightless = true // a filter that the program put up meanwhile
	}
	usleep(uint32(min(ns, zioSysmonBlind) / 1000))
	now := nanotime()
	if now-z.blind < zioSysmonBlind {
		return false
	}
	z.blind = now
	return true
}
