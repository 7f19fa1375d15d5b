// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/runtime/syscall/linux"
	"unsafe"
)

// poll_zioLinger takes a place for the current goroutine's thread, which is about
// to wait in the kernel, and returns its number, -1 if all are taken. wake
// is a descriptor that becomes readable when the wait is to end; it is -1
// if the caller must bound the wait itself: with timed, which asks for that, and
// in a scope, whose cancel does not wait for sysmon, and on a thread that a goroutine
// is locked to: it may have a descriptor table of its own, in which wake is something else.
//
//go:linkname poll_zioLinger internal/poll.runtime_zioLinger
func poll_zioLinger(timed bool) (place, wake int) {
	since := int64(zioLingerTold)
	if gp := getg(); !timed && gp.zioScope.scope == nil && gp.lockedm == 0 {
		since = nanotime()
	}
	z := &zioLingers
	for i := range z.places {
		l := &z.places[i]
		if l.since.Load() != 0 || !l.since.CompareAndSwap(0, zioLingerTold) {
			continue
		}
		if since == zioLingerTold {
			return i, -1
		}
		if l.wake.Load() == 0 {
			fd, errno := linux.Eventfd(0, linux.EFD_CLOEXEC|linux.EFD_NONBLOCK)
			if errno != 0 {
				return i, -1
			}
			l.wake.Store(fd + 1)
		}
		z.n.Add(1)
		l.since.Store(since)
		return i, int(l.wake.Load() - 1)
	}
	return -1, -1
}

// poll_zioLingered gives the place back. wake is what poll_zioLinger returned, and told
// says that it was readable.
//
//go:linkname poll_zioLingered internal/poll.runtime_zioLingered
func poll_zioLingered(place, wake int, told bool) {
	l := &zioLingers.places[place]
	if told {
		var n uint64
		read(l.wake.Load()-1, noescape(unsafe.Pointer(&n)), int32(unsafe.Sizeof(n)))
	}
	l.since.Store(0)
	if wake >= 0 {
		zioLingers.n.Add(-1)
	}
}

// poll_zioLingerTell ends the wait of the thread that has the place.
//
//go:linkname poll_zioLingerTell internal/poll.runtime_zioLingerTell
func poll_zioLingerTell(place int) {
	l := &zioLingers.places[place]
	l.tell(l.since.Load())
}
