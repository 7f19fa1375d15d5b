// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/runtime/syscall/linux"
	"unsafe"
)

// Readiness by epoll(7), for the io_uring and epoll backends.

// zioEpollEvents is what descriptors are registered for: upstream's events, and
// urgent data, after which a short read does not mean an empty queue.
const zioEpollEvents = linux.EPOLLIN | linux.EPOLLOUT | linux.EPOLLRDHUP | linux.EPOLLET | _EPOLLPRI

// zioEpollWait is epoll_wait with a timeout in nanoseconds, which is rounded as
// upstream does.
func zioEpollWait(events []linux.EpollEvent, delay int64) (int32, uintptr) {
	ms := int32(0)
	switch {
	case delay < 0:
		ms = -1
	case delay == 0:
	case delay < 1e6:
		ms = 1
	case delay < 1e15:
		ms = int32(delay / 1e6)
	default:
		ms = 1e9
	}
	return linux.EpollWait(epfd, events, int32(len(events)), ms)
}

// zioEpollNetpoll is zioNetpoll by epoll_wait. Receives that
// goroutines wait for are performed in one batch.
func zioEpollNetpoll(delay int64) (gList, int32) {
	var events [zioBatchSize / 2]linux.EpollEvent
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
	b := zioPollBatch(uint32(n), delay)
	var toRun gList
	delta, broken := zioEpollReady(&toRun, events[:n], b)
	if broken {
		zioBroken(delay)
	}
	if b != nil {
		b.perform(&toRun)
		b.unlock()
	}
	zioPolled(delay)
	return toRun, delta
}

// zioEpollReady declares that the descriptors of events are ready. It reports
// whether one of them is the netpollBreak eventfd.
//
//go:nowritebarrier
func zioEpollReady(toRun *gList, events []linux.EpollEvent, b *zioBatch) (delta int32, broken bool) {
	for i := range events {
		ev := &events[i]
		if ev.Events == 0 {
			continue
		}
		pd, tag := netpollUnpackData(ev)
		if pd == nil {
			broken = true
			continue
		}
		if tag == 0 {
			(*zioFlight)(unsafe.Pointer(pd)).reap(toRun)
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
			lost := ev.Events&(linux.EPOLLRDHUP|linux.EPOLLHUP|linux.EPOLLERR|_EPOLLPRI) != 0
			// Without urgent data, which upstream does not ask for.
			pd.setEventErr(ev.Events&^_EPOLLPRI == linux.EPOLLERR, tag)
			delta += zioReady(toRun, pd, mode, lost, b)
		}
	}
	return delta, broken
}
