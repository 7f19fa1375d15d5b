// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix || (js && wasm) || wasip1 || windows

package runtime

// What the scheduler does for the submission core: queued operations are
// performed when a P runs out of goroutines, before it enters a system call or
// runs a goroutine that computes for long, and when they get old. While all Ps
// are busy, they look for completions between goroutines. For a P that does not
// get to the scheduler, see zio_sysmon.go.

const (
	// A P whose local run queue is down to zioShortRunq goroutines looks
	// at the poller if nobody did for zioPollAge. While the queue is longer,
	// what became ready would only queue up behind it; but after zioBusyAge
	// it looks all the same.
	zioShortRunq = 4
	zioPollAge   = 50 * 1000
	zioBusyAge   = 1000 * 1000

	// zioLongRuns is how many times a goroutine that sysmon saw computing
	// is expected to do so again.
	zioLongRuns = 16

	// zioLongBack is set in g.zioLong when the goroutine has been put behind
	// others for the sake of queued operations. The next time it runs.
	zioLongBack = 1 << 7
)

// zioRunnable makes the goroutines of list runnable, which the backend released.
// The caller puts them on a run queue. Where that is not a special one,
// injectglist does both.
func zioRunnable(list *gList) {
	trace := traceAcquire()
	for gp := list.head.ptr(); gp != nil; gp = gp.schedlink.ptr() {
		casgstatus(gp, _Gwaiting, _Grunnable)
		if trace.ok() {
			trace.GoUnpark(gp, 0)
		}
	}
	if trace.ok() {
		traceRelease(trace)
	}
}

// zioRunQueued performs the operations queued on pp, makes their goroutines
// runnable and returns one of them. For findRunnable.
func zioRunQueued(pp *p) *g {
	var list, first gList
	zioFlush(pp, &list)
	if list.empty() {
		return nil
	}
	gp := list.pop()
	injectglist(&list)
	first.push(gp)
	zioRunnable(&first)
	return gp
}

// zioYield is called by findRunnable before pp runs gp, which sysmon has seen
// computing. If operations are queued it performs them, and puts gp behind the
// goroutines that waited for them; but not twice in a row. It reports whether
// findRunnable must look for another goroutine.
func zioYield(pp *p, gp *g) bool {
	v := gp.zioLong.Load()
	if zioQueued(pp) {
		var list gList
		zioFlush(pp, &list)
		if !list.empty() {
			injectglist(&list)
			if v&zioLongBack == 0 {
				gp.zioLong.Store(v | zioLongBack)
				runqput(pp, gp, false)
				return true
			}
		}
	}
	if v &^= zioLongBack; v != 0 {
		v--
	}
	gp.zioLong.Store(v)
	return false
}

// zioTick is called by findRunnable for every goroutine, and reports whether
// it is time for zioLook. It counts by itself, since schedtick stands still while
// goroutines wake each other by runnext.
func zioTick(pp *p) bool {
	pp.zio.tick++
	if pp.zio.late.Load() {
		return true
	}
	return pp.zio.tick%4 == 0 && (netpollAnyWaiters() || zioQueued(pp))
}

// zioLook performs operations that are queued on pp for too long, and polls if
// nobody did for a while.
func zioLook(pp *p) {
	now := nanotime()
	age := now - zio.lastPoll.Load()
	poll := age > zioBusyAge || age > zioPollAge && pp.runqtail-pp.runqhead <= zioShortRunq
	if !zioQueued(pp) {
		pp.zio.late.Store(false)
	} else if now-pp.zio.batch.since.Load() > zioMaxAge {
		var list gList
		zioFlush(pp, &list)
		injectglist(&list)
	}
	if poll && netpollinited() && netpollAnyWaiters() && sched.lastpoll.Load() != 0 && sched.pollingNet.Swap(1) == 0 {
		list, delta := netpoll(0)
		sched.pollingNet.Store(0)
		injectglist(&list)
		netpollAdjustWaiters(delta)
		zioPollTook()
	}
}

// zioPollTook is called after a poll beside the thread that blocks in the poller
// (lastpoll is 0), or is about to. If what that thread waits for has been taken,
// and nobody else waits, it must not block any longer: a thread in the poller
// keeps checkdead from noticing that nothing can happen any more.
//
// The thread sets lastpoll to 0 and then looks at the waiters (zioNetpoll), here
// it is the other way round, so that one of the two sees the other.
func zioPollTook() {
	if sched.lastpoll.Load() == 0 && !netpollAnyWaiters() {
		netpollBreak()
	}
}

// zioSteal performs the operations that are queued on another P, makes their
// goroutines runnable and returns one of them. It is called by findRunnable when
// pp has found nothing else to do: processors are not short then, and there is
// nothing to gain from waiting for a larger batch.
func zioSteal(pp *p) *g {
	for enum := stealOrder.start(cheaprand()); !enum.done(); enum.next() {
		if sched.gcwaiting.Load() {
			return nil
		}
		p2 := allp[enum.position()]
		if p2 == pp || !zioQueued(p2) {
			continue
		}
		if gp := zioRunQueued(p2); gp != nil {
			return gp
		}
	}
	return nil
}

// zioFlushNow is called on the system stack when the current goroutine is
// about to enter a system call, or the scheduler about to run something, that
// may keep the P for long.
func zioFlushNow() {
	var list gList
	zioFlush(getg().m.p.ptr(), &list)
	injectglist(&list)
}

// zioFlushStopped is called for a P that is destroyed. The world is stopped
// and sched.lock is held.
func zioFlushStopped(pp *p) {
	var list gList
	for zioQueued(pp) {
		zioFlush(pp, &list)
		osyield() // sysmon may have the batch; it is not stopped
	}
	zioRunnable(&list)
	for !list.empty() {
		globrunqput(list.pop())
	}
	if b := pp.zio.batch; b != nil {
		pp.zio.batch = nil
		zioBatchFree(b)
	}
	zio.retired.add(&pp.zio.count)
	pp.zio.count = zioCounters{}
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
