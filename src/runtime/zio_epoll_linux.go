// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/syscall/linux"
	"unsafe"
)

// Readiness by epoll(7), for the io_uring and epoll backends.

// zioOpen registers fd with the backend's readiness set.
func zioOpen(fd uintptr, pd *pollDesc) uintptr {
	if zio.backend == zioPoll {
		return zioPollOpen(fd)
	}
	var ev linux.EpollEvent
	// Upstream's events, and urgent data, after which a short read does
	// not mean an empty queue.
	ev.Events = linux.EPOLLIN | linux.EPOLLOUT | linux.EPOLLRDHUP | linux.EPOLLET | _EPOLLPRI
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

// zioTimespec is struct __kernel_timespec, which has 64 bits everywhere.
type zioTimespec struct {
	sec, nsec int64
}

// zioNoPwait2 is set when the kernel lacks epoll_pwait2 (before 5.11).
var zioNoPwait2 atomic.Bool

// zioEpollWait is epoll_wait with a timeout in nanoseconds.
func zioEpollWait(events []linux.EpollEvent, delay int64) (int32, uintptr) {
	if delay > 0 && !zioNoPwait2.Load() {
		ts := zioTimespec{delay / 1e9, delay % 1e9}
		n, _, errno := linux.Syscall6(linux.SYS_EPOLL_PWAIT2, uintptr(epfd), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(unsafe.Pointer(&ts)), 0, 0)
		switch errno {
		case 0, _EINTR:
			return int32(n), errno
		}
		zioNoPwait2.Store(true)
	}
	ms := int32(0)
	switch {
	case delay < 0:
		ms = -1
	case delay == 0:
	case delay < 1e15:
		ms = int32((delay + 1e6 - 1) / 1e6)
	default:
		ms = 1e9
	}
	return linux.EpollWait(epfd, events, int32(len(events)), ms)
}

// zioNetpoll checks for ready descriptors, as netpoll does. Receives that
// goroutines wait for are performed in one batch.
func zioNetpoll(delay int64, sysmon bool) (gList, int32) {
	if zio.backend == zioPoll {
		return zioPollNetpoll(delay, sysmon)
	}
	var events [zioRingSize / 2]linux.EpollEvent
retry:
	n, errno := zioEpollWait(events[:], delay)
	zio.enters.Add(1)
	if errno != 0 {
		if errno != _EINTR {
			println("runtime: epollwait on fd", epfd, "failed with", errno)
			throw("runtime: netpoll failed")
		}
		// If a timed sleep was interrupted, just return to
		// recalculate how long we should sleep now.
		if delay > 0 {
			return gList{}, 0
		}
		goto retry
	}
	ring := zioPollRing(uint32(n))
	var toRun gList
	delta := int32(0)
	for i := int32(0); i < n; i++ {
		ev := &events[i]
		if ev.Events == 0 {
			continue
		}
		pd, tag := netpollUnpackData(ev)
		if pd == nil {
			zioBroken(delay, sysmon)
			continue
		}
		var mode int32
		if ev.Events&(linux.EPOLLIN|linux.EPOLLRDHUP|linux.EPOLLHUP|linux.EPOLLERR|_EPOLLPRI) != 0 {
			mode += 'r'
		}
		if ev.Events&(linux.EPOLLOUT|linux.EPOLLHUP|linux.EPOLLERR) != 0 {
			mode += 'w'
		}
		if mode != 0 && pd.fdseq.Load() == tag {
			if ev.Events&(linux.EPOLLRDHUP|linux.EPOLLHUP|linux.EPOLLERR|_EPOLLPRI) != 0 {
				pd.zio.sticky.Store(1)
			}
			pd.setEventErr(ev.Events == linux.EPOLLERR, tag)
			delta += zioReady(&toRun, pd, mode, ring)
		}
	}
	if ring != nil {
		if ring.queued.Load() != 0 {
			ring.run(&toRun)
		}
		ring.unlock()
	}
	zioPolled(delay, sysmon)
	return toRun, delta
}

// zioPollRing returns a locked ring with room for n receives: the one of this P,
// if there is one, so that one system call performs queued sends too. It
// returns nil if a ring would save nothing or all are in use.
func zioPollRing(n uint32) *zioRing {
	if n <= 1 || zioRings.poll == nil {
		return nil
	}
	if pp := getg().m.p.ptr(); pp != nil {
		if r := pp.zio.ring; r != nil && r.tryLock() {
			if r.queued.Load()+n <= zioRingSize {
				return r
			}
			r.unlock()
		}
	}
	if zioRings.poll.tryLock() {
		return zioRings.poll
	}
	return nil
}

// zioPolled notes the time of a poll. What sysmon does, with or without waiting,
// does not count: it must go on while no P polls.
func zioPolled(delay int64, sysmon bool) {
	if getg().m.p == 0 && (delay == 0 || sysmon) {
		return
	}
	now := nanotime()
	if now-zio.lastPoll.Load() > zioSysmonAwake && sched.sysmonwait.Load() {
		entersyscallWakeSysmon()
	}
	zio.lastPoll.Store(now)
}

// zioBroken handles readiness of the netpollBreak eventfd.
func zioBroken(delay int64, sysmon bool) {
	if delay == 0 || sysmon {
		// A wakeup that is meant for the thread that blocks in the
		// poller; the eventfd stays readable for it.
		return
	}
	var one uint64
	read(int32(netpollEventFd), noescape(unsafe.Pointer(&one)), int32(unsafe.Sizeof(one)))
	netpollWakeSig.Store(0)
}
