// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix || (js && wasm) || wasip1 || windows

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// Threads that linger: that wait in the kernel for a file in blocking mode, as
// upstream's do, because the wait is likely to be short.
//
// What ends a long one is no timer. Programming the clock and taking it back,
// which a virtual machine has to ask its host for, takes 2 us each time, and half
// of what a filter like cat(1) spends otherwise. sysmon looks at system calls
// anyway, at the latest after 10 ms, and does not sleep before all have been
// told. Bench row filter.

const (
	// zioLingerMax is how many threads linger at the same time.
	zioLingerMax = 4

	// zioLingerTime is how long a thread may linger, in ns, before sysmon
	// tells it to stop, and until sysmon looks if it would sleep otherwise.
	zioLingerTime = 200 * 1000
)

// A zioLinger is a place for a thread that lingers.
type zioLinger struct {
	// since is when the thread began, in nanotime; 0 if there is none, and
	// zioLingerTold if it need not be told. Taken from 0 and given back by
	// the thread, set to zioLingerTold by whoever tells it.
	since atomic.Int64

	// wake is 1 more than the eventfd that the thread waits for, too; 0
	// until it is made. Written by the thread that has the place.
	wake atomic.Int32
}

const zioLingerTold = 1

var zioLingers struct {
	n      atomic.Int32 // threads that sysmon may have to tell, or about to be
	places [zioLingerMax]zioLinger
}

// tell ends the wait of the thread that began at since, if it still waits.
//
//go:nowritebarrier
func (l *zioLinger) tell(since int64) {
	if since > zioLingerTold && l.since.CompareAndSwap(since, zioLingerTold) {
		// The thread may be gone by now. Then who comes next is told,
		// which does no more than make it park.
		one := uint64(1)
		write1(uintptr(l.wake.Load()-1), unsafe.Pointer(&one), int32(unsafe.Sizeof(one)))
	}
}

// zioLingerLook tells threads that have lingered for long, and all if nothing
// else runs. Called by sysmon.
//
//go:nowritebarrierrec
func zioLingerLook(now int64) {
	z := &zioLingers
	if z.n.Load() == 0 {
		return
	}
	idle := sched.npidle.Load() == gomaxprocs
	for i := range z.places {
		l := &z.places[i]
		if since := l.since.Load(); idle || now-since >= zioLingerTime {
			l.tell(since)
		}
	}
}
