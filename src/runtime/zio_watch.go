// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix || (js && wasm) || wasip1 || windows

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// A watch stands for a goroutine that would park in a read: when that read
// would not wait any longer, since the descriptor is readable, its read
// deadline has passed or it is closed, a function is called that starts the
// goroutine. Until then there is no goroutine, and nothing to wake or to stop
// if the read is not wanted any more.
//
// Like the goroutine, a watch holds the descriptor's read lock, and with it a
// reference, from its beginning until the goroutine reads or the watch is
// taken back. So the pollDesc is not reused under it, Close waits for it, no
// other read gets in between, and rg holds no goroutine meanwhile.
//
// zioDesc.watch is the state. Whoever takes it from a watch to 0, by
// compare-and-swap, owns the watch.
//
//	state   | zioDesc.watch | meaning                  | leaves it by
//	--------+---------------+--------------------------+-----------------------------------
//	idle    | 0             | no watch                 | holder of the read lock: watched,
//	        |               |                          | if a read would wait now
//	watched | the watch     | nobody reads             | readiness, deadline, close: fired
//	        |               |                          | holder: idle
//	fired   | 0             | on zioWatches.fired or   | zioWatcher: calls fn, which starts
//	        |               | just taken off it        | the read; the read lock is the read's
//
// The steps of watched and of its ends are in opposite order, so that one of the
// two sees the other: poll_zioWatch stores the word, then looks at rg and at
// the bits of netpollcheckerr; readiness, deadlines and close set those and
// then look at the word.
type zioWatch struct {
	link   uintptr        // next in zioWatches.fired
	fn     func()         // constant
	labels unsafe.Pointer // profiler labels of the goroutine that began the watch
}

// zioWatches is what the ends of watches and zioWatcher share.
//
// The list and zioDesc.watch have no pointers that the garbage collector sees,
// because they change where write barriers are not allowed. The poll.FD keeps
// the watch reachable as long as the watch has the read lock, and Close waits for
// that lock.
var zioWatches struct {
	fired   atomic.Uintptr // list of *zioWatch by link; pushed by anyone, taken as a whole by zioWatcher
	watcher atomic.Uintptr // zioWatcher's g while it is parked
	started atomic.Uint32  // whether zioWatcher was started
}

// poll_zioNewWatch returns a watch that calls fn, which must not block.
//
//go:linkname poll_zioNewWatch internal/poll.runtime_zioNewWatch
func poll_zioNewWatch(fn func()) unsafe.Pointer {
	if zioWatches.started.Load() == 0 && zioWatches.started.CompareAndSwap(0, 1) {
		go zioWatcher()
	}
	return unsafe.Pointer(&zioWatch{fn: fn})
}

// poll_zioWatch begins the watch wp on pd. It returns false, and nothing is
// begun, if a read might not wait, or a goroutine that waits would be seen: by
// testing/synctest. The caller holds the descriptor's read lock.
//
//go:linkname poll_zioWatch internal/poll.runtime_zioWatch
func poll_zioWatch(pd *pollDesc, wp unsafe.Pointer) bool {
	z := &pd.zio
	if !z.pace.drained || getg().bubble != nil {
		return false
	}
	w := (*zioWatch)(wp)
	w.labels = getg().labels
	if raceenabled {
		racerelease(wp)
	}
	// From here to zioWatchEnded or to its end the watch counts as a goroutine
	// that waits for the poller.
	netpollAdjustWaiters(1)
	z.watch.Store(uintptr(wp))
	if zioLevelTriggered() {
		zioArm(pd, 'r')
	}
	if pd.rg.Load() == pdReady || z.trust.Load() == zioLost || netpollcheckerr(pd, 'r') != pollNoError {
		return !poll_zioUnwatch(pd, wp)
	}
	return true
}

// poll_zioUnwatch takes the watch wp back, and reports whether it could: if
// not, fn has been or will be called.
//
//go:linkname poll_zioUnwatch internal/poll.runtime_zioUnwatch
func poll_zioUnwatch(pd *pollDesc, wp unsafe.Pointer) bool {
	if !pd.zio.watch.CompareAndSwap(uintptr(wp), 0) {
		return false
	}
	netpollAdjustWaiters(-1)
	return true
}

// zioFire ends the watch on pd, if there is one, because its read deadline has
// passed or it is closed. It must be called after netpollunblock.
//
// pd may have been reused since: then a read that would wait is started, which
// is what a watch does without.
func zioFire(pd *pollDesc) {
	if fired, gp := pd.zio.fire(); fired {
		if gp != nil {
			netpollgoready(gp, 4)
		}
		netpollAdjustWaiters(-1)
	}
}

// zioFireReady is zioFire for a descriptor that is readable. As netpollready
// does, it pushes a goroutine that is to run and returns what to add to
// netpollWaiters.
//
//go:nowritebarrier
func zioFireReady(toRun *gList, pd *pollDesc) int32 {
	fired, gp := pd.zio.fire()
	if !fired {
		return 0
	}
	if gp != nil {
		toRun.push(gp)
	}
	return -1
}

// fire takes the watch off z and hands it to zioWatcher, which it returns if
// that is parked and must be made ready.
//
//go:nowritebarrier
func (z *zioDesc) fire() (fired bool, gp *g) {
	v := z.watch.Load()
	if v == 0 || !z.watch.CompareAndSwap(v, 0) {
		return false, nil
	}
	w := (*zioWatch)(unsafe.Pointer(v))
	for {
		head := zioWatches.fired.Load()
		w.link = head
		if zioWatches.fired.CompareAndSwap(head, v) {
			break
		}
	}
	return true, (*g)(unsafe.Pointer(zioWatches.watcher.Swap(0)))
}

// zioWatcher calls the functions of watches that have fired. It is one system
// goroutine for all of them.
func zioWatcher() {
	gp := getg()
	for {
		v := zioWatches.fired.Swap(0)
		if v == 0 {
			gopark(zioWatcherCommit, nil, waitReasonIOWait, traceBlockSystemGoroutine, 1)
			continue
		}
		// The list is in the order of the last first.
		var first uintptr
		for v != 0 {
			w := (*zioWatch)(unsafe.Pointer(v))
			next := w.link
			w.link = first
			first, v = v, next
		}
		for first != 0 {
			w := (*zioWatch)(unsafe.Pointer(first))
			first = w.link // w may be used again as soon as fn is called
			if raceenabled {
				raceacquire(unsafe.Pointer(w))
			}
			gp.labels = w.labels // fn's goroutine inherits them
			w.fn()
			gp.labels = nil
		}
	}
}

// zioWatcherCommit publishes that zioWatcher is parked, unless there is
// something to do.
func zioWatcherCommit(gp *g, _ unsafe.Pointer) bool {
	zioWatches.watcher.Store(uintptr(unsafe.Pointer(gp)))
	if zioWatches.fired.Load() != 0 && zioWatches.watcher.Swap(0) != 0 {
		return false
	}
	return true
}
