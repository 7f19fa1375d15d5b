// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import "internal/runtime/atomic"

// What the scheduler does for the submission core: queued operations are
// performed when a P runs out of goroutines, before it enters a system call,
// when they get old, and by sysmon when a goroutine keeps its P. While all Ps
// are busy, they look for completions between goroutines, and sysmon waits for
// them when goroutines run long.

const (
	// A P whose local run queue is down to zioShortRunq goroutines looks
	// at the poller if nobody did for zioPollAge. While the queue is longer,
	// what became ready would only queue up behind it; but after zioBusyAge
	// it looks all the same.
	zioShortRunq = 4
	zioPollAge   = 50 * 1000
	zioBusyAge   = 1000 * 1000

	// zioMinSlice is the shortest time slice that sysmon cuts for a goroutine
	// that became ready, so that many completions cannot starve computing
	// goroutines.
	zioMinSlice = 100 * 1000

	// zioSysmonLate is how long sysmon sleeps while operations are queued. It
	// doubles, up to zioSysmonCalm, as long as the Ps perform them in time:
	// thousands of wakeups per second would cost more than batches save.
	zioSysmonLate = zioMinSlice / 2
	zioSysmonCalm = 1000 * 1000

	// zioSysmonHold is how long sysmon stays alert after a preemption.
	zioSysmonHold = 50 * 1000 * 1000

	// zioSysmonAwake is how long sysmon may sleep while there is I/O, as
	// long as it does on a busy system.
	zioSysmonAwake = 10 * 1000 * 1000

	// zioLateAge is the age of a queued send that shows that the goroutines
	// of this P compute for so long that sends had better be direct.
	zioLateAge = 500 * 1000
)

// zioQueued reports whether operations are queued on pp.
//
//go:nosplit
func zioQueued(pp *p) bool {
	r := pp.zio.ring
	return r != nil && r.queued.Load() != 0
}

// zioFlush performs the operations queued on pp. If it cannot lock the ring,
// sysmon is doing it.
func zioFlush(pp *p, toRun *gList) {
	r := pp.zio.ring
	if r == nil || r.queued.Load() == 0 || !r.tryLock() {
		return
	}
	if r.queued.Load() != 0 {
		z := &pp.zio
		if nanotime()-r.since.Load() > zioLateAge {
			z.late.Store(true)
		} else {
			z.backoff -= (z.backoff + 7) / 8
		}
		r.run(toRun)
	}
	r.unlock()
}

// zioRunQueued performs the operations queued on pp, makes their goroutines
// runnable and returns one of them. For findRunnable.
func zioRunQueued(pp *p) *g {
	var list gList
	zioFlush(pp, &list)
	if list.empty() {
		return nil
	}
	gp := list.pop()
	injectglist(&list)
	trace := traceAcquire()
	casgstatus(gp, _Gwaiting, _Grunnable)
	if trace.ok() {
		trace.GoUnpark(gp, 0)
		traceRelease(trace)
	}
	return gp
}

// zioTick is called by findRunnable for every goroutine, and reports whether
// it is time for zioLook. It counts by itself, since schedtick stands still while
// goroutines wake each other by runnext.
func zioTick(pp *p) bool {
	pp.zio.tick++
	return pp.zio.tick%4 == 0 && (netpollAnyWaiters() || zioQueued(pp))
}

// zioLook performs operations that are queued on pp for too long, and polls if
// nobody did for a while.
func zioLook(pp *p) {
	now := nanotime()
	age := now - zio.lastPoll.Load()
	poll := age > zioBusyAge || age > zioPollAge && pp.runqtail-pp.runqhead <= zioShortRunq
	if r := pp.zio.ring; r != nil && r.queued.Load() != 0 && now-r.since.Load() > zioMaxAge {
		var list gList
		zioFlush(pp, &list)
		injectglist(&list)
	}
	if poll && netpollinited() && netpollAnyWaiters() && sched.lastpoll.Load() != 0 && sched.pollingNet.Swap(1) == 0 {
		list, delta := netpoll(0)
		sched.pollingNet.Store(0)
		injectglist(&list)
		netpollAdjustWaiters(delta)
	}
}

// zioFlushNow is called on the system stack when the current goroutine is
// about to enter a system call, or the scheduler about to run something, that
// may keep the P for long.
func zioFlushNow() {
	var list gList
	zioFlush(getg().m.p.ptr(), &list)
	injectglist(&list)
}

// zioFlushStopped is called for a P that is destroyed. The world is stopped.
func zioFlushStopped(pp *p) {
	var list gList
	for zioQueued(pp) {
		zioFlush(pp, &list)
		osyield() // sysmon may have the ring; it is not stopped
	}
	for !list.empty() {
		gp := list.pop()
		casgstatus(gp, _Gwaiting, _Grunnable)
		globrunqput(gp)
	}
	if r := pp.zio.ring; r != nil {
		pp.zio.ring = nil
		zioRingFree(r)
	}
	zio.retired.add(&pp.zio.count)
	pp.zio.count = zioCounters{}
}

// What sysmon remembers of the Ps. Only sysmon uses it.
var zioSysmonState struct {
	// want is the number of goroutines that sysmon made runnable and that no
	// P may have had time for.
	want int32

	// until is until when sysmon does not sleep for long, since it has had
	// to preempt.
	until int64

	// calm is how long sysmon sleeps while operations are queued.
	calm int64
}

// zioSysmon is called by sysmon instead of usleep(delay), in microseconds, and
// reports whether it did wait. When every P is stuck in a goroutine that does not
// come to an end, it waits for completions and preempts a P for each.
func zioSysmon(delay uint32) bool {
	if !zioOn() || !netpollinited() || sched.gcwaiting.Load() {
		return false
	}
	s := &zioSysmonState
	now := nanotime()
	queued, stuck := zioSysmonLook(now)
	if sched.npidle.Load() != 0 {
		s.want = 0
		return false
	}
	ns := int64(delay) * 1000
	short := ns
	if s.want > 0 {
		// Look soon again which P has run its slice.
		short = min(ns, zioMinSlice/2)
		ns = short
	} else if queued {
		// Look soon again whether these got late.
		s.calm = min(max(2*s.calm, zioSysmonLate), zioSysmonCalm)
		short = min(ns, s.calm)
		ns = short
	} else if now < s.until {
		short = min(ns, zioMinSlice)
	}
	lastpoll := sched.lastpoll.Load()
	if !stuck || !netpollAnyWaiters() || lastpoll == 0 {
		usleep(uint32(short / 1000))
		return true
	}
	sched.lastpoll.CompareAndSwap(lastpoll, now)
	list, delta := zioNetpoll(ns, true)
	after := nanotime()
	if list.empty() {
		if after-now < ns/2 {
			// Something became ready that nobody waits for yet, or
			// a wakeup was meant for another thread.
			usleep(20)
		}
		return true
	}
	s.want += list.size
	// See sysmon for incidlelocked.
	incidlelocked(-1)
	injectglist(&list)
	incidlelocked(1)
	netpollAdjustWaiters(delta)
	zioSysmonLook(after)
	return true
}

// zioSysmonSleep bounds the sleep that sysmon takes when every P is idle.
//
// Upstream wakes sysmon at the first system call of a goroutine. Receives and
// sends of the submission core are no such calls, and a wakeup for each message
// costs more than the message. So while there is I/O now and then, sysmon sleeps
// for a bounded time, and the first I/O after a longer pause wakes it (zioPolled).
func zioSysmonSleep(sleep, now int64) int64 {
	if zioOn() && now-zio.lastPoll.Load() < 2*zioSysmonAwake {
		return min(sleep, zioSysmonAwake)
	}
	return sleep
}

// zioSysmonLook performs operations that are queued for too long, and preempts
// Ps for goroutines that sysmon made runnable. It reports whether there are
// queued operations that are not late yet, and whether every P that runs is
// stuck in its goroutine for longer than the shortest slice.
func zioSysmonLook(now int64) (queued, stuck bool) {
	s := &zioSysmonState
	var list gList
	// A thread that performs a batch has something to run soon.
	stuck = zioRings.poll == nil || !zioRings.poll.busy()
	runnable := !sched.runq.empty()
	lock(&allpLock)
	for _, pp := range allp {
		if pp == nil || atomic.Load(&pp.status) != _Prunning {
			continue
		}
		if r := pp.zio.ring; r == nil || r.queued.Load() == 0 {
		} else if r.busy() {
			stuck = false
		} else if now-r.since.Load() <= zioMaxAge {
			queued = true
		} else if r.tryLock() {
			pp.zio.late.Store(true)
			s.calm = 0
			// Meanwhile the P may have run these and queued others;
			// it cannot see whether we will run them, so we do.
			if r.queued.Load() != 0 {
				r.run(&list)
			}
			r.unlock()
		}
		if !runqempty(pp) {
			runnable = true
		}
		t := &pp.zio.slice
		if t.tick != pp.zio.tick {
			t.tick = pp.zio.tick
			t.when = now
			stuck = false
		} else if now-t.when < zioMinSlice {
			stuck = false
		} else if s.want > 0 && preemptone(pp) {
			s.want--
			s.until = now + zioSysmonHold
		}
	}
	unlock(&allpLock)
	if !runnable {
		s.want = 0 // they have run
	}
	if !list.empty() {
		incidlelocked(-1)
		injectglist(&list)
		incidlelocked(1)
	}
	return queued, stuck
}

// Counters that zioCount takes.
const (
	zioCountSubmitted = iota
	zioCountCompleted
	zioCountCanceled
	zioCountSkipped
)

// zioCount adds one to a counter of this P.
func zioCount(which int) {
	mp := acquirem()
	c := &mp.p.ptr().zio.count
	switch which {
	case zioCountSubmitted:
		c.submitted++
	case zioCountCompleted:
		c.completed++
	case zioCountCanceled:
		c.canceled++
	case zioCountSkipped:
		c.skipped++
	}
	releasem(mp)
}

// add adds o to c.
func (c *zioCounters) add(o *zioCounters) {
	c.submitted += o.submitted
	c.completed += o.completed
	c.canceled += o.canceled
	c.skipped += o.skipped
}

// zioReadStats sums up the counters. They are read while others write them,
// so the parts of a sum may be from slightly different moments.
func zioReadStats() (s zioStats) {
	lock(&allpLock)
	s.add(&zio.retired)
	for _, pp := range allp {
		if pp != nil {
			s.add(&pp.zio.count)
		}
	}
	unlock(&allpLock)
	s.enters = zio.enters.Load()
	for r := zioFirstRing(); r != nil; r = r.link {
		s.enters += r.enters.Load()
		s.sqes += r.sqes64.Load()
	}
	return s
}
