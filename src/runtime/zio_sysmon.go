// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix || (js && wasm) || wasip1 || windows

package runtime

import (
	"internal/runtime/atomic"
)

// What sysmon does for the submission core while goroutines keep their Ps: it
// waits for readiness, preempts a P for every goroutine that became ready, and
// sees to it that a P performs operations that are queued for too long.
//
// sysmon sleeps without a lock. What it does to the rest of the runtime it does
// with sched.sysmonlock held, as all of sysmon, so that the execution tracer can
// keep it away.

const (
	// zioMinSlice is the shortest time slice that sysmon cuts for a goroutine
	// that became ready, so that many completions cannot starve computing
	// goroutines.
	zioMinSlice = 100 * 1000

	// zioCallSlice is that of a goroutine that receives or sends meanwhile: it
	// will soon have to wait. One that is stopped between a request and the
	// answer leaves the caches to others. Bench row pgx-64.
	zioCallSlice = 1000 * 1000

	// zioSysmonLate is how long sysmon sleeps while operations are being
	// queued. It doubles, up to zioSysmonCalm, as long as the Ps perform them
	// in time: thousands of wakeups per second would cost more than
	// batches save.
	zioSysmonLate = zioMinSlice / 2
	zioSysmonCalm = 1000 * 1000

	// zioSysmonHold is how long sysmon stays alert after a preemption, or
	// after an operation was queued.
	zioSysmonHold = 50 * 1000 * 1000

	// zioSysmonAwake is how long sysmon may sleep while there is I/O, as
	// long as it does on a busy system.
	zioSysmonAwake = 10 * 1000 * 1000

	// zioStuckAge is the age of a queued operation that shows that the P
	// cannot be preempted: its goroutine is in a page fault, say.
	zioStuckAge = 1000 * 1000

	// zioQuietLooks is after how many looks, zioMinSlice/2 apart, a goroutine
	// that computes would have been found.
	zioQuietLooks = 4
)

// What sysmon remembers from one round to the next. Only sysmon uses it.
var zioSysmonState struct {
	// want is the number of goroutines that sysmon made runnable and that no
	// P may have had time for. quiet counts looks in a row that found no
	// goroutine running for long: then Ps have time for everybody.
	want  int32
	quiet int32

	// until is until when sysmon does not sleep for long, since it has had
	// to preempt.
	until int64

	// alert is until when operations may be queued, and calm how long
	// sysmon sleeps meanwhile.
	alert int64
	calm  int64

	// stuck says that every P that runs is in the same goroutine for
	// longer than the shortest slice.
	stuck bool

	// ready says that the wait has shown that something may be ready,
	// and futile that a poll has then released nobody.
	ready  bool
	futile bool
}

// zioAlert is how Ps and sysmon agree on queueing.
var zioAlert struct {
	on     atomic.Bool // sysmon looks at least every zioSysmonCalm; written by sysmon
	wanted atomic.Bool // operations are being queued, or would be
}

// zioSysmonAlert reports whether sysmon looks after queued operations soon, and
// asks it to.
func zioSysmonAlert() bool {
	if !zioAlert.wanted.Load() {
		zioAlert.wanted.Store(true)
	}
	return zioAlert.on.Load()
}

// zioSysmonWait is called by sysmon instead of usleep(delay), in microseconds, and
// reports whether it did wait. When every P is stuck in a goroutine that does not
// come to an end, it waits for readiness.
//
// Always runs without a P, so write barriers are not allowed.
//
//go:nowritebarrierrec
func zioSysmonWait(delay uint32) bool {
	if !zioOn() || !netpollinited() || sched.gcwaiting.Load() {
		return false
	}
	s := &zioSysmonState
	now := nanotime()
	if zioAlert.wanted.Load() {
		zioAlert.wanted.Store(false)
		s.alert = now + zioSysmonHold
	}
	alert := now < s.alert
	if alert != zioAlert.on.Load() {
		zioAlert.on.Store(alert)
	}
	idle := sched.npidle.Load() != 0
	if idle {
		s.want = 0
		if !alert {
			return false
		}
	}
	ns := int64(delay) * 1000
	switch {
	case s.want > 0:
		// Look soon again which P has run its slice.
		ns = min(ns, zioMinSlice/2)
	case alert:
		s.calm = min(max(2*s.calm, zioSysmonLate), zioSysmonCalm)
		ns = min(ns, s.calm)
	}
	if idle || !s.stuck || !netpollAnyWaiters() || sched.lastpoll.Load() == 0 {
		if !idle && now < s.until {
			// Whoever the preemption was for will soon wait again.
			ns = min(ns, zioMinSlice)
		}
		usleep(uint32(ns / 1000))
		return true
	}
	if s.futile {
		// Something is ready that nobody waits for yet, or a wakeup
		// is meant for another thread. It stays so.
		usleep(uint32(min(ns, zioMinSlice) / 1000))
	}
	s.ready = zioSysmonReady(ns)
	return true
}

// zioSysmonPoll reports whether sysmon is to poll, and is called right before.
// sched.sysmonlock is held.
func zioSysmonPoll() bool {
	s := &zioSysmonState
	s.futile = s.ready
	s.ready = false
	return s.futile
}

// zioSysmonReleased notes that sysmon is about to make n goroutines runnable.
func zioSysmonReleased(n int32) {
	zioSysmonState.futile = false
	zioSysmonState.want += n
}

// zioSysmonSleep bounds the sleep that sysmon takes when every P is idle.
//
// Upstream wakes sysmon at the first system call of a goroutine. Receives and
// sends of the submission core are no such calls, and a wakeup for each message
// costs more than the message. So while there is I/O now and then, sysmon sleeps
// for a bounded time, and the first I/O after a longer pause wakes it (zioPolled).
func zioSysmonSleep(sleep, now int64) int64 {
	switch {
	case !zioOn():
		return sleep
	case zioLingers.n.Load() != 0:
		return min(sleep, zioLingerTime)
	case zioAlert.on.Load():
		return min(sleep, zioSysmonCalm)
	case now-zio.lastPoll.Load() < 2*zioSysmonAwake:
		return min(sleep, zioSysmonAwake)
	}
	return sleep
}

// zioSysmonLook preempts Ps for goroutines that sysmon made runnable. For operations
// that are queued for too long it wakes a P, or if none is idle preempts theirs.
// sched.sysmonlock is held.
//
// Always runs without a P, so write barriers are not allowed.
//
//go:nowritebarrierrec
func zioSysmonLook(now int64) {
	zioLingerLook(now)
	if !zioOn() || !netpollinited() {
		return
	}
	s := &zioSysmonState
	// A thread that performs a batch has something to run soon.
	stuck := zioBatches.poll == nil || !zioBatches.poll.busy()
	quiet, wake := true, false
	runnable := !sched.runq.empty()
	lock(&allpLock)
	// As in retake, allpLock is dropped on the way.
	for i := 0; i < len(allp); i++ {
		pp := allp[i]
		if pp == nil || atomic.Load(&pp.status) != _Prunning {
			continue
		}
		if !runqempty(pp) {
			runnable = true
		}
		mp := pp.m.ptr()
		if mp == nil {
			stuck = false
			continue
		}
		long, computes, vague := pp.zio.keeps(now, mp, zioKnownLong(mp))
		if computes {
			zioMarkLong(mp)
			quiet = false
		} else if vague {
			s.until = max(s.until, now+2*zioMinSlice)
		}
		b := pp.zio.batch
		if b != nil && b.busy() {
			stuck = false
		} else if zioQueued(pp) {
			// A P that gets to the scheduler performs them by itself.
			if age := now - b.since.Load(); long && age > zioMaxAge {
				s.calm = 0
				if age > zioStuckAge {
					unlock(&allpLock)
					zioSysmonRun(b)
					lock(&allpLock)
				} else if wake = sched.npidle.Load() != 0; !wake {
					pp.zio.late.Store(true)
					preemptone(pp)
				}
			}
			stuck = false
		} else if !computes {
			stuck = false
		} else if s.want > 0 && preemptone(pp) {
			s.want--
			s.until = now + zioSysmonHold
		}
	}
	unlock(&allpLock)
	if wake {
		wakep() // zioSteal
	}
	if s.quiet++; !quiet {
		s.quiet = 0
	}
	if !runnable || s.quiet >= zioQuietLooks {
		s.want = 0 // they have run
	}
	s.stuck = stuck
}

// A zioStretch is the time since the goroutine that a P runs was seen to do
// something. Only sysmon uses it.
type zioStretch struct {
	begin int64 // nanotime
	seen  int64 // nanotime of the first look at the thread's clock since, 0 if there was none
	cpu   int64 // what that said
}

// lasts reports whether the stretch has lasted for least, of which the thread of mp had
// a processor for at least half. One that has none does not compute: other processes
// keep the processor, perhaps those that the goroutine has asked something,
// and preempting it helps nobody, since it must run for that. vague says that it is
// too early to tell.
func (s *zioStretch) lasts(now, least int64, mp *m) (lasts, vague bool) {
	old := now-s.begin >= least
	if s.seen != 0 && !old {
		return false, false
	}
	cpu := zioThreadTime(mp)
	if s.seen == 0 && cpu != 0 {
		s.seen, s.cpu = now, cpu
		return false, old
	}
	return old && (cpu == 0 || cpu-s.cpu >= least/2), false
}

// keeps reports whether the goroutine that runs on the P, on the thread of mp, has kept it for
// zioMinSlice, and whether it computes meanwhile: then it is to make room for one that
// became ready. known says that it has been seen computing before. vague is as in lasts.
func (z *zioP) keeps(now int64, mp *m, known bool) (long, computes, vague bool) {
	t := &z.slice
	calls := z.calls.Load()
	if t.tick != z.tick || t.mp != mp.id {
		t.tick, t.calls, t.mp = z.tick, calls, mp.id
		t.passed = zioStretch{begin: now}
		t.called = t.passed
		return false, false, false
	}
	if t.calls != calls {
		t.calls, t.called = calls, zioStretch{begin: now}
	} else if known && now-t.called.begin >= zioMinSlice {
		return true, true, false
	} else if computes, vague = t.called.lasts(now, zioMinSlice, mp); computes {
		return true, true, false
	}
	long = now-t.passed.begin >= zioMinSlice
	if long {
		computes, _ = t.passed.lasts(now, zioCallSlice, mp)
	}
	return long, computes, vague
}

// zioMarkLong notes that the goroutine that mp runs computes for long.
func zioMarkLong(mp *m) {
	// It may have changed since. A g is never freed, and the mark wears off.
	if gp := mp.curg; gp != nil && readgstatus(gp) == _Grunning {
		gp.zioLong.Store(zioLongRuns)
	}
}

// zioKnownLong reports whether the goroutine that mp runs was seen computing for long.
func zioKnownLong(mp *m) bool {
	gp := mp.curg
	return gp != nil && gp.zioLong.Load() != 0
}

// zioSysmonRun performs the batch b of a P that does not react to preemption:
// its goroutine is in a page fault, say, which may last until somebody gets what is
// queued. Nobody else may be there to do it.
func zioSysmonRun(b *zioBatch) {
	// The P may run dry meanwhile. It finds the batch locked and goes idle, and
	// then the goroutines of the batch are all that keeps the program alive:
	// as in sysmon, pretend that one more M is running.
	incidlelocked(-1)
	var list gList
	if b.tryLock() {
		// Meanwhile the P may have performed these and queued others; it
		// cannot see whether they will be performed, so they are.
		b.perform(&list)
		b.unlock()
	}
	zioSysmonReleased(list.size)
	injectglist(&list)
	incidlelocked(1)
}
