// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix || (js && wasm) || wasip1 || windows

package runtime

import (
	"internal/cpu"
	"internal/runtime/atomic"
	"internal/strconv"
	"unsafe"
)

// The bound on threads that operations on files hold.
//
// An operation that may block takes a place before its system call and gives it
// back afterwards. The goroutine makes the call itself, as upstream's does; there
// are no threads of the pool. If all places are taken it parks, in a queue.
//
// Most operations do not block, and those must cost nothing. So a goroutine only
// notes that it is about to make such a call (zioPlaceFree), and the place is taken
// when the scheduler takes the P from it (zioPoolBlocked), which is what
// costs a thread, until the call has ended (zioPoolBack, poll_zioLeave). Up to
// GOMAXPROCS operations more than there are places may so be on their way.
//
// What waits for a place is an operation in state armed, so deadline, Close and
// cancel end it as they end a wait for readiness; they need not know of the queue,
// which its goroutine leaves by itself.
//
// Operations may wait for each other: that of a program on a file system that
// the same program serves waits until the server has read its own files. So
//
//   - the queue is made of lanes, one for each group of devices, that take turns,
//   - each lane has places (zioPoolReserve) that the others cannot take,
//   - if no operation ends for a while though some wait, there is one place more, and
//     until the queue is empty who came last is served first: it is likely to be what
//     others wait for, and what it needs itself comes after it.
//
// A goroutine that is locked to its thread holds that in any case, and takes no place.

const (
	// zioPoolPlaces is the number of places if GODEBUG=ziothreads does not say
	// one; on large machines it is zioPoolEach for each processor.
	zioPoolPlaces = 32
	zioPoolEach   = 4

	// The first lane is for operations of which nothing is known, and has no
	// reserve. Then come those of groups of devices, that for operations on paths,
	// from zioPoolWrites on those of the same groups for large writes and for syncs
	// after them, and from zioPoolSyncs on those for other syncs.
	zioPoolLanes   = 14
	zioPoolWrites  = 6
	zioPoolSyncs   = 10
	zioPoolReserve = 4

	// Large writes, and syncs after them, may have one in zioPoolShare of the places. Much
	// of what they do is to compute, copying into the page cache and making requests of it,
	// and what else the program does waits for a processor behind their threads. Bench row
	// busy-sync.
	zioPoolShare = 3

	// Syncs of little may take all places, and one more for zioPoolMore if
	// GODEBUG=ziothreads says nothing: a file system makes one commit of many, and
	// they hardly compute. Bench row fsync-64.
	zioPoolMore = 2

	// zioPoolStall is after how many ns without an end there is one place more. If
	// that is of no use, the next time is after twice as many, up to
	// zioPoolStallMax. There are zioPoolMost at most: the program must not end for
	// want of threads.
	zioPoolStall    = 50 * 1000 * 1000
	zioPoolStallMax = 1000 * 1000 * 1000
	zioPoolMost     = 5000

	zioPoolOldest = 16 // a power of 2 that fits uint8
)

// Values of g.zioPlace. The goroutine writes it, and who takes the P from a goroutine
// in a system call.
const (
	zioPlaceNone  = iota
	zioPlaceFree  // in an operation that has taken no place
	zioPlaceTaken // plus the lane
)

var zioPool struct {
	_     cpu.CacheLinePad
	limit atomic.Int32 // places; 0 without a bound
	taken atomic.Int32 // increased without the lock by zioPoolBlocked
	_     cpu.CacheLinePad

	lock   mutex         // protects the following
	base   int32         // limit, but for places that a stall has added; constant
	syncs  int32         // the same for syncs; constant
	queued atomic.Int32  // may be read without the lock, as the next
	waited atomic.Uint64 // operations that have ever been queued
	ends   uint64        // places given back
	turn   uint8         // the lane that was served last
	grants uint8
	lanes  [zioPoolLanes]zioLane

	timer timer  // set while operations wait, and at most once longer
	stall int64  // how long nothing must have ended
	grew  bool   // whether it is set to see whether one place more was of use
	seen  uint64 // ends when it was set
}

// zioNoDesc stands for the descriptor of operations that have none, and of all for
// scopes: what waits for a place can be canceled, whatever the file is.
var zioNoDesc pollDesc

// zioPoolInit sets the number of places. It is called when the backend is chosen.
func zioPoolInit() {
	n := max(zioPoolPlaces, zioPoolEach*int(numCPUStartup))
	more := n / zioPoolMore
	if s := zioSetting("ziothreads"); s != "" {
		var err error
		n, err = strconv.Atoi(s)
		if err != nil || n < 1 || n > 1<<20 {
			print("runtime: GODEBUG=ziothreads=", s, ": want the number of threads that operations on files may hold, at least 1\n")
			exit(2)
		}
		more = 0
	}
	lockInit(&zioPool.lock, lockRankPollDesc) // which timers may be set under
	zioPool.timer.init(nil, nil)
	zioPool.base, zioPool.syncs = int32(n), int32(n+more)
	zioPool.limit.Store(int32(n))
}

// poll_zioEnter begins an operation that may block. If it reports false, all places
// are taken, and the caller has to wait for one (poll_zioQueue). poll_zioLeave ends
// the operation. Nothing but system calls may be between; of operations in each other
// the inner one gives the place back.
//
//go:linkname poll_zioEnter internal/poll.runtime_zioEnter
//go:nosplit
func poll_zioEnter() bool {
	return zioPoolEnter(zioPool.limit.Load())
}

// poll_zioEnterWrite is poll_zioEnter for a large write, or a sync after one.
//
//go:linkname poll_zioEnterWrite internal/poll.runtime_zioEnterWrite
//go:nosplit
func poll_zioEnterWrite() bool {
	return zioPoolEnter(zioPoolForWrites())
}

// poll_zioEnterSync is poll_zioEnter for another sync.
//
//go:linkname poll_zioEnterSync internal/poll.runtime_zioEnterSync
//go:nosplit
func poll_zioEnterSync() bool {
	return zioPoolEnter(zioPoolForSyncs())
}

// zioPoolForSyncs returns how many places may be taken when a sync gets one.
//
//go:nosplit
func zioPoolForSyncs() int32 {
	return max(zioPool.limit.Load(), zioPool.syncs)
}

// zioPoolForWrites returns how many places may be taken when a write gets one: all of
// them where operations seem to wait for each other.
//
//go:nosplit
func zioPoolForWrites() int32 {
	limit := zioPool.limit.Load()
	if limit == zioPool.base {
		limit = (limit + zioPoolShare - 1) / zioPoolShare
	}
	return limit
}

// zioPoolEnter begins an operation of the current goroutine and reports true, unless limit
// places or more are taken. The operation takes one itself only when it loses its P, which
// is what costs a thread. Who is locked to a thread holds that one anyway. nosplit as its
// callers are.
//
//go:nosplit
func zioPoolEnter(limit int32) bool {
	gp := getg()
	if limit == 0 || gp.lockedm != 0 || gp.zioPlace != zioPlaceNone {
		return true
	}
	if zioPool.taken.Load() >= limit {
		return false
	}
	gp.zioPlace = zioPlaceFree
	return true
}

// poll_zioLend reports whether a goroutine in an operation that will wait for a disk is to
// give up its P at once: there are others to run, or there will be, since other operations
// wait, too.
//
//go:linkname poll_zioLend internal/poll.runtime_zioLend
func poll_zioLend() bool {
	gp := getg()
	if gp.zioPlace != zioPlaceFree {
		return false
	}
	return !runqempty(gp.m.p.ptr()) || !sched.runq.empty() || zioPool.taken.Load() > 0
}

// poll_zioLeave ends an operation that poll_zioEnter or poll_zioQueue has let begin.
//
//go:linkname poll_zioLeave internal/poll.runtime_zioLeave
func poll_zioLeave() {
	gp := getg()
	place := gp.zioPlace
	gp.zioPlace = zioPlaceNone
	if place >= zioPlaceTaken {
		list := zioPoolGive(place - zioPlaceTaken)
		for !list.empty() {
			goready(list.pop(), 1)
		}
	}
}

// zioPoolBlocked is called when the goroutine of mp, which is in a system call, has
// lost its P. It cannot return from the call meanwhile.
//
//go:nosplit
//go:nowritebarrierrec
func zioPoolBlocked(mp *m) {
	if gp := mp.curg; gp != nil && gp.zioPlace == zioPlaceFree {
		gp.zioPlace = zioPlaceTaken
		zioPool.taken.Add(1)
	}
}

// zioPoolBack is called when gp has come back from a system call and has got no P, so
// that it has to wait to be run. It holds no thread any more.
//
// There is no P, so write barriers are not allowed.
//
//go:nowritebarrierrec
func zioPoolBack(gp *g) {
	if place := gp.zioPlace; place >= zioPlaceTaken {
		gp.zioPlace = zioPlaceFree
		list := zioPoolGive(place - zioPlaceTaken)
		injectglist(&list)
	}
}

// zioPoolGive gives a place back, and returns the goroutines that have got it.
//
//go:nowritebarrierrec
func zioPoolGive(lane uint8) gList {
	p := &zioPool
	lock(&p.lock)
	left := p.taken.Add(-1)
	if lane != 0 {
		p.lanes[lane].taken--
	}
	p.ends++
	if p.queued.Load() == 0 && left <= p.base/2 && p.limit.Load() != p.base {
		p.limit.Store(p.base)
	}
	list := zioPoolGrant()
	unlock(&p.lock)
	return list
}

// poll_zioQueue waits for a place, for an operation on the file of pd, nil if it has
// none, that a deadline of mode ends. It returns a pollErr code, pollNoError if it has
// the place. lane says of which group of files it is, 0 if that is not known.
//
//go:linkname poll_zioQueue internal/poll.runtime_zioQueue
func poll_zioQueue(pd *pollDesc, mode int, lane int) int {
	gp := getg()
	listed := pd != nil
	if !listed {
		pd = &zioNoDesc
	}
	op := zioOpOf(gp)
	w := zioWait{op: op, mode: int32(mode)}
	for {
		if err := zioPlaceErr(gp, pd, w.mode); err != pollNoError {
			return err
		}
		if listed {
			lock(&pd.lock)
			op.link(pd, w.mode, zioOpReady)
			unlock(&pd.lock)
		} else {
			op.next(pd, w.mode, zioOpReady)
		}
		op.lane = uint8(lane)
		scoped := gp.zioScope.scope != nil && zioScopeBegin(gp, &zioNoDesc, 'r')
		gopark(zioPoolCommit, noescape(unsafe.Pointer(&w)), waitReasonIOWait, traceBlockNet, 4)
		if scoped {
			zioScopeWaited(gp, op.res != zioEnded)
		}
		zioPoolUnqueue(op)
		if listed {
			lock(&pd.lock)
			op.unlink()
			unlock(&pd.lock)
		} else {
			op.idle()
		}
		if op.res != zioEnded {
			gp.zioPlace = zioPlaceTaken + uint8(lane)
			return pollNoError
		}
	}
}

// zioPlaceErr is netpollcheckerr for an operation on a file that is to wait for a place.
func zioPlaceErr(gp *g, pd *pollDesc, mode int32) int {
	scoped := pollNoError
	if gp.zioScope.scope != nil {
		scoped = zioScopeErr(gp, &zioNoDesc, 'r')
	}
	if err := netpollcheckerr(pd, mode); scoped == pollNoError || err == pollErrClosing {
		return err
	}
	return scoped
}
