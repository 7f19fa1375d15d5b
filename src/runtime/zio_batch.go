// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix || (js && wasm) || wasip1 || windows

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

// The batch of a P: attempts that its goroutines parked with, to be performed by
// one system call.

// zioP is the submission core's part of a p.
type zioP struct {
	batch *zioBatch     // nil until the first operation is queued; not in the heap
	late  atomic.Bool   // sysmon saw that queued operations are late, and preempts the P
	retry uint32        // sends to perform directly until another batch is tried for, after one could not be had
	tick  uint32        // calls of zioTick
	calls atomic.Uint32 // receives and sends that goroutines made themselves; written by the P
	count zioCounters

	// slice is the goroutine that sysmon saw running. Only sysmon uses it.
	slice struct {
		tick, calls    uint32
		mp             int64      // id of the m
		passed, called zioStretch // since when tick and mp, and these and calls, are the same
	}
}

// A zioBatch is operations that wait to be performed together, in state
// zioStateQueued. It belongs to whoever holds its lock.
//
// There is one for each P that queued an operation, and one for the thread that
// polls. What a backend performs has ended before zioPerform returns, so
// it does not matter which thread calls it.
//
// No heap pointers.
type zioBatch struct {
	_ sys.NotInHeap

	locked atomic.Uint32 // held while operations are added or performed; never waited for on a hot path
	n      atomic.Uint32 // operations in ops; written with the lock held
	since  atomic.Int64  // nanotime when n left 0; written with the lock held
	ops    [zioBatchSize]*zioOp
	launch uint32     // how many of ops will be in flight; protected by the lock
	ring   *zioRing   // of the backend; constant
	flight *zioFlight // of the backend, nil until needed; written by the P that owns the batch
	next   *zioBatch  // in zioBatches.free
}

// zioBatches are the batches that no P has.
var zioBatches struct {
	lock mutex
	free *zioBatch
	poll *zioBatch // of the thread that polls; constant after zioPrepare, nil if it has none
}

const (
	zioBatchSize = 256 // operations; at least as many as zioNetpoll takes events at once

	// zioMaxAge is how long an operation may stay queued while the P has
	// other goroutines to run, in ns, zioLookEvery how many operations pass
	// between two looks at the clock.
	zioMaxAge    = 100 * 1000
	zioLookEvery = 16
)

// mayRetry reports whether what could not be had is to be tried for again.
func (z *zioP) mayRetry() bool {
	if z.retry == 0 {
		return true
	}
	z.retry--
	return false
}

// wantBatch returns the batch of the P, nil if none can be had.
func (z *zioP) wantBatch() *zioBatch {
	if z.batch == nil && z.mayRetry() {
		if z.batch = zioBatchNew(); z.batch == nil {
			z.retry = zioBatchRetry
		}
	}
	return z.batch
}

// zioBatchWith returns a batch for ring.
func zioBatchWith(ring *zioRing) *zioBatch {
	b := (*zioBatch)(persistentalloc(unsafe.Sizeof(zioBatch{}), 64, &memstats.other_sys))
	b.ring = ring
	return b
}

// zioBatchNew returns a batch, or nil if none can be had.
func zioBatchNew() *zioBatch {
	z := &zioBatches
	lock(&z.lock)
	b := z.free
	if b != nil {
		z.free = b.next
	}
	unlock(&z.lock)
	if b == nil {
		if ring := zioRingNew(); ring != nil {
			b = zioBatchWith(ring)
		}
	}
	return b
}

// zioBatchFree gives back the batch of a P that is destroyed.
func zioBatchFree(b *zioBatch) {
	z := &zioBatches
	lock(&z.lock)
	b.next = z.free
	z.free = b
	unlock(&z.lock)
}

// tryLock and unlock protect the batch. Whoever holds the lock and finds
// operations must perform them before unlock, or be the P that owns the batch
// and does so before it goes idle: whoever fails to lock it relies on that.
//
//go:nowritebarrier
func (b *zioBatch) tryLock() bool {
	return b.locked.Load() == 0 && b.locked.CompareAndSwap(0, 1)
}

//go:nowritebarrier
func (b *zioBatch) unlock() {
	b.locked.Store(0)
}

// busy reports whether somebody holds the lock.
func (b *zioBatch) busy() bool {
	return b.locked.Load() != 0
}

// add adds an operation that is in state zioStateQueued. There must be room: the caller
// performs the batch when it is full.
//
//go:nowritebarrier
func (b *zioBatch) add(op *zioOp) {
	n := b.n.Load()
	b.ops[n] = op
	if op.code >= zioOpRead {
		b.launch++
	}
	b.n.Store(n + 1)
}

// queue is add for the P that owns the batch. It reports whether the batch is full or
// old, and must be performed.
func (b *zioBatch) queue(op *zioOp) bool {
	if b.n.Load() == 0 {
		b.since.Store(nanotime())
	}
	b.add(op)
	n := b.n.Load()
	return n == zioBatchSize || n%zioLookEvery == 0 && nanotime()-b.since.Load() > zioMaxAge
}

// perform performs every operation of the batch and pushes the goroutines that
// waited for them.
//
//go:nowritebarrier
func (b *zioBatch) perform(toRun *gList) {
	if b.n.Load() != 0 {
		zioPerform(b, toRun)
		b.launch = 0
		b.n.Store(0)
	}
}

// starves reports whether so many operations wait in the batch, compared with those that
// the kernel has, that a disk may run out of work. Disks may report many completions at
// a time; if the P ran all those goroutines before it gave the kernel what they
// ask for next, the disk would stand still meanwhile. As the number in flight grows, so
// do the batches. Bench row direct-64.
func (b *zioBatch) starves() bool {
	return b.launch != 0 && b.launch >= zioLaunched(b.flight)/2
}

// start gives the operations of the batch that will be in flight to the kernel, and
// leaves the others.
//
//go:nowritebarrier
func (b *zioBatch) start(toRun *gList) {
	zioLaunch(b, toRun)
	b.launch = 0
}

// takeBack lets the goroutines of the operations from number i on perform them.
//
//go:nowritebarrier
func (b *zioBatch) takeBack(i uint32, toRun *gList) {
	for n := b.n.Load(); i < n; i++ {
		b.ops[i].finish(zioRedo, toRun)
	}
}

// attempt performs the operation here and now.
//
//go:nowritebarrier
func (op *zioOp) attempt(toRun *gList) {
	var r int
	if op.code == zioOpRecv {
		r = zioRecv(int32(op.pd.fd), unsafe.Pointer(op.buf), op.len)
	} else {
		r = zioSend(int32(op.pd.fd), unsafe.Pointer(op.buf), op.len)
	}
	op.finish(int32(r), toRun)
}

// zioQueue queues an operation in this P's batch if other goroutines are about
// to run here, parks until it was performed and returns the result. If nothing
// else is about to run, a batch saves nothing and it returns zioRedo.
func zioQueue(pd *pollDesc, mode int32, code uint8, buf unsafe.Pointer, n int) int {
	mp := acquirem()
	pp := mp.p.ptr()
	z := &pp.zio
	// A goroutine in runnext was made ready by this one, and works with it:
	// it would run now, before this one is done with its part.
	if mp.lockedg != 0 || pp.runnext != 0 || runqempty(pp) && !zioQueued(pp) || !zioMayQueue(pp) {
		releasem(mp)
		return zioRedo
	}
	if z.wantBatch() == nil {
		releasem(mp)
		return zioRedo
	}
	z.count.submitted++
	releasem(mp)

	gp := getg()
	op := zioOpOf(gp)
	op.begin(pd, mode, code)
	op.len = uint32(n)
	op.res = zioRedo
	gp.zioPinned = true
	w := zioWait{op: op, buf: buf}
	gopark(zioQueueCommit, noescape(unsafe.Pointer(&w)), waitReasonIOSubmit, traceBlockNet, 4)
	KeepAlive(w.buf)
	gp.zioPinned = false
	zioCount(zioCountCompleted)
	return int(op.end())
}

// zioQueueCommit puts the operation of a goroutine that has just parked into the
// batch of its P.
func zioQueueCommit(gp *g, wp unsafe.Pointer) bool {
	w := (*zioWait)(wp)
	op := w.op
	op.buf = uintptr(w.buf)
	b := getg().m.p.ptr().zio.batch
	if b == nil || !b.tryLock() {
		// The goroutine was preempted since and parks on another P,
		// or somebody performs this batch: the goroutine is to do it.
		return false
	}
	var list gList
	op.publish(zioStateQueued)
	if b.queue(op) {
		b.perform(&list)
	}
	b.unlock()
	injectglist(&list)
	return true
}

// zioQueued reports whether operations are queued on pp.
//
//go:nosplit
func zioQueued(pp *p) bool {
	b := pp.zio.batch
	return b != nil && b.n.Load() != 0
}

// zioMayQueue reports whether operations may be queued on pp, whose M this is:
// only if the next goroutine is not known to compute for long, sysmon will look
// within zioSysmonCalm, and it can then preempt whoever keeps the P.
func zioMayQueue(pp *p) bool {
	if !zioSysmonAlert() || !preemptMSupported || debug.asyncpreemptoff != 0 {
		return false
	}
	h := atomic.LoadAcq(&pp.runqhead)
	if h == pp.runqtail {
		return true
	}
	// The goroutine may have been stolen and even be gone, but a g is never
	// freed, and this is only a guess.
	gp := pp.runq[h%uint32(len(pp.runq))].ptr()
	return gp == nil || gp.zioLong.Load() == 0
}

// zioFlush performs the operations queued on pp. If it cannot lock the batch,
// somebody else is doing it.
func zioFlush(pp *p, toRun *gList) {
	b := pp.zio.batch
	if b == nil || b.n.Load() == 0 || !b.tryLock() {
		return
	}
	b.perform(toRun)
	b.unlock()
	if pp.zio.late.Load() {
		pp.zio.late.Store(false)
	}
}

// zioPollBatch returns a locked batch with room for n receives that a poll found
// ready: the one of this P, if there is one, so that one system call performs
// queued sends too. It returns nil if a batch would save nothing, all are in use,
// or the caller may be sysmon, which performs nothing while a P could.
func zioPollBatch(n uint32, delay int64) *zioBatch {
	pp := getg().m.p.ptr()
	if n <= 1 || zioBatches.poll == nil || pp == nil && delay == 0 {
		return nil
	}
	if pp != nil {
		if b := pp.zio.batch; b != nil && b.tryLock() {
			if b.n.Load()+n <= zioBatchSize {
				return b
			}
			b.unlock()
		}
	}
	if zioBatches.poll.tryLock() {
		return zioBatches.poll
	}
	return nil
}
