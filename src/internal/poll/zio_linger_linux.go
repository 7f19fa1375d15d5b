// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package poll

import (
	"sync/atomic"
	"syscall"
	"unsafe"
)

// A wait that is likely to be short is spent in the kernel, as upstream's
// is: in a pipeline, parking and polling cost more than copying does.
// Bench rows filter and spawn; a child that does nothing takes half a
// millisecond.
const (
	zioLingerTime  = 200 * 1000      // ns, where a timer ends it; else sysmon does
	zioLingerChild = 2 * 1000 * 1000 // ns
)

func runtime_zioLinger(timed bool) (place, wake int)
func runtime_zioLingered(place, wake int, told bool)
func runtime_zioLingerTell(place int)

// A zioLinger is one direction's part of the state of a file in blocking mode.
type zioLinger struct {
	// long says that the last wait was too long to linger. Owned by the
	// holder of the read or write lock.
	long bool

	// place is 1 more than the place of the thread that lingers, 0 if none
	// does. Written by the holder of the lock.
	place atomic.Int32
}

// linger waits in the kernel until fd is ready for events, unless too many
// threads do, and reports whether it is. l is b's part for the direction. It gives up
// after some time, when a deadline is set, and at Close.
func (b *zioBlocking) linger(fd *FD, l *zioLinger, events int16) bool {
	timed := b.timed.Load()
	place, wake := runtime_zioLinger(timed)
	if place < 0 {
		return false
	}
	if wake < 0 {
		ready := zioPollFor(fd.Sysfd, events, zioLingerTime)
		runtime_zioLingered(place, wake, false)
		l.long = !ready
		return ready
	}
	l.place.Store(int32(place) + 1)
	// Who closes the file or sets a deadline says so and then looks for l.place.
	told := atomic.LoadUint64(&fd.fdmu.state)&mutexClosed != 0 || b.timed.Load()
	ready := false
	if !told {
		pfds := [2]zioPollFD{{fd: int32(fd.Sysfd), events: events}, {fd: int32(wake), events: zioPollIn}}
		n, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&pfds)), 2, 0, 0, 0, 0)
		told = n != 0 && pfds[1].revents != 0
		// An error is for the read or write to report.
		ready = n != 0 && pfds[0].revents != 0 || errno != 0 && errno != syscall.EINTR
	}
	l.place.Store(0)
	runtime_zioLingered(place, wake, told)
	l.long = told && !ready
	return ready
}

// stop ends a wait that is on its way, and need not be told twice.
func (l *zioLinger) stop() {
	if p := l.place.Load(); p != 0 {
		runtime_zioLingerTell(int(p) - 1)
	}
}

// ZioLinger gives a child that is likely to end soon the time to do so, and reports
// whether it has ended. pidfd is its descriptor, which the caller keeps open.
func ZioLinger(pidfd int) bool {
	if !runtime_zioAnyCall() {
		return false
	}
	place, wake := runtime_zioLinger(true)
	if place < 0 {
		return false
	}
	ended := zioPollFor(pidfd, zioPollIn, zioLingerChild)
	runtime_zioLingered(place, wake, false)
	return ended
}
