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
	// zioPollAge is how old the last look at the poller may get on a busy
	// system, zioBusyAge how long a P must have been without a look of its
	// own before it counts as busy. A P that runs dry in between looks then,
	// and gets larger batches.
	zioPollAge = 50 * 1000
	zioBusyAge = 1000 * 1000

	// zioMinSlice is the shortest time slice that sysmon cuts for a goroutine
	// that became ready, so that many completions cannot starve computing
	// goroutines.
	zioMinSlice = 100 * 1000

	// zioSysmonHold is how long sysmon stays quick to poll after it found
	// something.
	zioSysmonHold = 50 * 1000 * 1000

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

// zioTick is called by findRunnable for every goroutine. It has a tick of its
// own, since schedtick stands still while goroutines wake each other by runnext.
func zioTick(pp *p) {
	if pp.zio.tick++; pp.zio.tick%4 != 0 {
		return
	}
	now := nanotime()
	if r := pp.zio.ring; r != nil && r.queued.Load() != 0 && now-r.since.Load() > zioMaxAge {
		var list gList
		zioFlush(pp, &list)
		injectglist(&list)
	}
	age := now - zio.lastPoll.Load()
	if age > zioBusyAge {
		pp.zio.busy = true
	}
	if pp.zio.busy && age > zioPollAge && netpollinited() && netpollAnyWaiters() && sched.lastpoll.Load() != 0 && sched.pollingNet.Swap(1) == 0 {
		list, delta := netpoll(0)
		sched.pollingNet.Store(0)
		pp.zio.busy = true // which zioNetpoll has reset
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

// zioSysmonWant is the number of goroutines that sysmon made runnable and that
// no P may have had time for. Only sysmon uses it.
var zioSysmonWant int32

// zioSysmonUntil is until when sysmon is quick to poll in place of the Ps. Only
// sysmon uses it.
var zioSysmonUntil int64

// zioSysmon is called by sysmon instead of usleep(delay), in microseconds, and
// reports whether it did wait. When every P is busy and none has polled for a
// while, it waits for completions and preempts a P for each.
func zioSysmon(delay uint32) bool {
	if !zioOn() || !netpollinited() || sched.gcwaiting.Load() {
		return false
	}
	now := nanotime()
	queued := zioSysmonLook(now)
	if sched.npidle.Load() != 0 {
		zioSysmonWant = 0
		return false
	}
	ns := int64(delay) * 1000
	if queued || zioSysmonWant > 0 {
		// Look soon again whether these got late, and which P has run
		// its slice.
		ns = min(ns, zioMinSlice/2)
	}
	// Ps that run dry now and then poll for themselves. Where they did not
	// for long, be quick to take over until they do again.
	patience := int64(zioBusyAge)
	if now < zioSysmonUntil {
		patience = zioMinSlice
		ns = min(ns, patience)
	}
	lastpoll := sched.lastpoll.Load()
	if now-zio.lastPoll.Load() < patience || !netpollAnyWaiters() || lastpoll == 0 {
		usleep(uint32(ns / 1000))
		return true
	}
	sched.lastpoll.CompareAndSwap(lastpoll, now)
	if zioSysmonWant == 0 {
		ns = int64(delay) * 1000
	}
	list, delta := zioNetpoll(ns, true)
	after := nanotime()
	if after-now < ns {
		zioSysmonUntil = after + zioSysmonHold
	}
	if list.empty() {
		if after-now < ns {
			// Something became ready that nobody waits for yet, or
			// a wakeup was meant for another thread.
			usleep(20)
		}
		return true
	}
	zioSysmonWant += list.size
	// See sysmon for incidlelocked.
	incidlelocked(-1)
	injectglist(&list)
	incidlelocked(1)
	netpollAdjustWaiters(delta)
	zioSysmonLook(after)
	return true
}

// zioSysmonLook performs operations that are queued for too long, and preempts
// Ps for goroutines that sysmon made runnable. It reports whether there are
// queued operations that are not late yet.
func zioSysmonLook(now int64) (queued bool) {
	var list gList
	lock(&allpLock)
	if sched.runq.empty() {
		zioSysmonWant = 0
	}
	for _, pp := range allp {
		if pp == nil || atomic.Load(&pp.status) != _Prunning {
			continue
		}
		if r := pp.zio.ring; r == nil || r.queued.Load() == 0 {
		} else if now-r.since.Load() <= zioMaxAge {
			queued = true
		} else if r.tryLock() {
			pp.zio.late.Store(true)
			// Meanwhile the P may have run these and queued others;
			// it cannot see whether we will run them, so we do.
			if r.queued.Load() != 0 {
				r.run(&list)
			}
			r.unlock()
		}
		if t := &pp.zio.slice; t.tick != pp.schedtick {
			t.tick = pp.schedtick
			t.when = now
		} else if zioSysmonWant > 0 && now-t.when >= zioMinSlice {
			if preemptone(pp) {
				zioSysmonWant--
			}
		}
	}
	unlock(&allpLock)
	if !list.empty() {
		incidlelocked(-1)
		injectglist(&list)
		incidlelocked(1)
	}
	return queued
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

var zioChaos uint32
