// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build linux

package runtime

import "unsafe"

// What the white-box tests of the submission core see of it.

// Names of the states, results and codes.
const (
	ZioIdle      = zioStateIdle
	ZioArmed     = zioStateArmed
	ZioQueued    = zioStateQueued
	ZioDone      = zioStateDone
	ZioAgain     = zioAgain
	ZioRedo      = zioRedo
	ZioEnded     = zioEnded
	ZioRecv      = zioOpRecv
	ZioSend      = zioOpSend
	ZioBatchSize = zioBatchSize
	ZioMaxFails  = zioMaxFails
)

// ZioBackend returns the name of the backend in use.
func ZioBackend() string { return zioBackendNames[zio.backend] }

// ZioStress sets GODEBUG=ziostress, and returns what it was.
func ZioStress(us int32) (old int32) {
	old, debug.ziostress = debug.ziostress, us
	return old
}

// ZioSettingIn returns the value of key in the GODEBUG settings env and linked.
func ZioSettingIn(key string, env, linked string) string { return zioSettingIn(key, env, linked) }

// A ZioSock is a pollDesc that no poller knows, so that the test alone says when
// it is ready.
type ZioSock struct {
	pd *pollDesc
	op *zioOp
	gp *g
}

// NewZioSock returns one for the descriptor fd, with an operation that belongs to a
// goroutine that does not exist.
func NewZioSock(fd int) *ZioSock {
	pd, _ := poll_zioFileOpen(uintptr(fd))
	pd.zio.kind = zioOnOther
	s := &ZioSock{pd: pd, op: zioOpAlloc(), gp: new(g)}
	s.op.gp.set(s.gp)
	return s
}

// Begin begins a wait for reading that is to perform code, as if the goroutine was
// running.
func (s *ZioSock) Begin(code uint8) { s.op.begin(s.pd, 'r', code) }

// Publish takes the operation to state to, as if the goroutine had parked, and
// returns the state word.
func (s *ZioSock) Publish(to uint32) uint32 { return s.op.publish(to) }

// Move takes the operation from the word w to state to.
func (s *ZioSock) Move(w, to uint32) bool { return s.op.move(w, to) }

// End ends the use and returns the result.
func (s *ZioSock) End() int32 { return s.op.end() }

// State returns the state and the generation.
func (s *ZioSock) State() (state, gen uint32) {
	w := s.op.state.Load()
	return w & zioStateMask, w >> zioStateBits
}

// Slot returns the state and generation of whatever operation waits for reading.
func (s *ZioSock) Slot() (state, gen uint32) {
	op := (*zioOp)(unsafe.Pointer(s.pd.zio.r.op.Load()))
	if op == nil {
		return ZioIdle, 0
	}
	w := op.state.Load()
	return w & zioStateMask, w >> zioStateBits
}

// Flag reports whether the descriptor is known to be readable.
func (s *ZioSock) Flag() bool { return s.pd.rg.Load() == pdReady }

// TakeFlag consumes that.
func (s *ZioSock) TakeFlag() bool { return s.pd.rg.CompareAndSwap(pdReady, pdNil) }

// Ready says that the descriptor is readable, to the batch b if it is not nil, and
// reports whether the goroutine was resumed.
func (s *ZioSock) Ready(b *ZioBatch) (resumed bool) {
	var list gList
	systemstack(func() {
		zioReady(&list, s.pd, 'r', false, b.zio())
	})
	return list.size != 0
}

// Inject is Ready for a goroutine that exists.
func (s *ZioSock) Inject() {
	var list gList
	var delta int32
	systemstack(func() {
		delta = zioReady(&list, s.pd, 'r', false, nil)
		injectglist(&list)
	})
	netpollAdjustWaiters(delta)
}

// Expire lets the read deadline pass, Unexpire takes it away, and Close closes
// the descriptor for good. The first and the last report whether the goroutine
// was resumed.
func (s *ZioSock) Expire() bool { return s.unblock(func() { s.pd.rd = -1 }) }

func (s *ZioSock) Unexpire() {
	lock(&s.pd.lock)
	s.pd.rd = 0
	s.pd.publishInfo()
	unlock(&s.pd.lock)
}

func (s *ZioSock) Close() bool { return s.unblock(func() { s.pd.closing = true }) }

func (s *ZioSock) unblock(why func()) bool {
	lock(&s.pd.lock)
	why()
	s.pd.publishInfo()
	delta := int32(0)
	gp := zioUnblock(s.pd, 'r', false, &delta)
	unlock(&s.pd.lock)
	if gp != nil && gp != s.gp {
		netpollAdjustWaiters(delta)
		goready(gp, 1)
	}
	return gp != nil
}

// ZioParkedOn returns what a parked goroutine waits for, and its descriptor.
func ZioParkedOn(goid uint64) (what string, fd int) {
	forEachG(func(gp *g) {
		if gp.goid == goid && readgstatus(gp)&^_Gscan == _Gwaiting {
			if pd := zioParkedOn(gp); pd != nil {
				what, fd = zioOnNames[pd.zio.kind], int(pd.fd)
			}
		}
	})
	return what, fd
}

// ZioGoid returns the number of the current goroutine.
func ZioGoid() uint64 { return getg().goid }

// Wait waits as a goroutine does, and returns the result.
func (s *ZioSock) Wait() int32 {
	w := zioWait{mode: 'r'}
	return zioPark(s.pd, &w, zioOpReady, 0, 1)
}

// Free gives the pollDesc back. Nobody may wait.
func (s *ZioSock) Free() {
	s.pd.zioClose()
	pollcache.free(s.pd)
}

// A ZioBatch is a batch with a ring, that no P has.
type ZioBatch struct {
	b    *zioBatch
	list gList
}

// NewZioBatch returns a batch, nil if rings cannot be had.
func NewZioBatch() *ZioBatch {
	b := zioBatchNew()
	if b == nil {
		return nil
	}
	return &ZioBatch{b: b}
}

func (b *ZioBatch) zio() *zioBatch {
	if b == nil {
		return nil
	}
	return b.b
}

// Len returns the number of operations.
func (b *ZioBatch) Len() int { return int(b.b.n.Load()) }

// Add adds the operation of s, which is queued, with a buffer that does not move.
func (b *ZioBatch) Add(s *ZioSock, buf []byte) {
	s.op.buf = uintptr(unsafe.Pointer(unsafe.SliceData(buf)))
	s.op.len = uint32(len(buf))
	b.b.add(s.op)
}

// Perform performs the operations and returns how many goroutines were
// resumed.
func (b *ZioBatch) Perform() int {
	b.list = gList{}
	systemstack(func() {
		if !b.b.tryLock() {
			throw("batch is busy")
		}
		b.b.perform(&b.list)
		b.b.unlock()
	})
	return int(b.list.size)
}

// Break takes the ring's descriptor away.
func (b *ZioBatch) Break() {
	closefd(b.b.ring.fd)
	b.b.ring.fd = -1
}

// Fails returns how many batches in a row the kernel refused.
func (b *ZioBatch) Fails() int { return int(b.b.ring.fails) }

// Free gives the batch back.
func (b *ZioBatch) Free() { zioBatchFree(b.b) }

// Result returns the result of an operation that is done.
func (s *ZioSock) Result() int32 { return s.op.res }

// ZioOpFound reports whether s's operation is found by its number.
func (s *ZioSock) ZioOpFound() bool {
	return zioOpByID(s.op.id) == s.op && zioOpByID(^uint32(0)) == nil
}

// A ZioPollSet drives the set of the poll backend.
type ZioPollSet struct{}

// Arm puts s in the set for mode, Drop takes it out.
func (ZioPollSet) Arm(s *ZioSock, mode int) { zioArm(s.pd, mode) }

func (ZioPollSet) Drop(s *ZioSock) {
	lock(&zioPollSet.lock)
	s.pd.zio.set.armed = 0
	zioPollRemove(s.pd)
	unlock(&zioPollSet.lock)
}

// Check returns the number of entries, and what is wrong with the set.
func (ZioPollSet) Check() (n int, bad string) {
	s := &zioPollSet
	lock(&s.lock)
	defer unlock(&s.lock)
	for i := zioPollFirst; i < s.n; i++ {
		pd := *s.set.pd(i)
		switch {
		case int(pd.zio.set.idx) != i:
			bad = "an entry is not where its pollDesc says"
		case s.set.fd(i).fd != int32(pd.fd):
			bad = "an entry has another descriptor"
		case s.set.fd(i).events != zioPollEvents(pd.zio.set.armed):
			bad = "an entry waits for something else"
		}
	}
	return max(s.n-zioPollFirst, 0), bad
}

// Results of operations on files.
const (
	ZioClosed   = zioErrBase - pollErrClosing
	ZioTimeout  = zioErrBase - pollErrTimeout
	ZioCanceled = zioErrBase - pollErrCanceled
	ZioRefused  = zioErrBase - pollErrRefused
	ZioOpRead   = zioOpRead
	ZioOpWrite  = zioOpWrite
	ZioOpSync   = zioOpSync
)

// A ZioFile is a descriptor for operations in flight.
type ZioFile struct{ pd *pollDesc }

// NewZioFile returns one for fd, nil if the backend has no operations in flight.
func NewZioFile(fd int) *ZioFile {
	zioPrepare()
	if !poll_zioFileCan() {
		return nil
	}
	pd, _ := poll_zioFileOpen(uintptr(fd))
	return &ZioFile{pd}
}

// Op performs code.
func (f *ZioFile) Op(code uint8, buf []byte, off int64) int {
	return poll_zioFileOp(f.pd, code, unsafe.Pointer(unsafe.SliceData(buf)), len(buf), off)
}

// SetDeadline sets the deadlines, Unblock ends what is in flight as Close does, and
// Close gives the pollDesc back.
func (f *ZioFile) SetDeadline(ns int64) { poll_runtime_pollSetDeadline(f.pd, ns, 'r'+'w') }
func (f *ZioFile) Unblock()             { poll_runtime_pollUnblock(f.pd) }
func (f *ZioFile) Close()               { poll_runtime_pollClose(f.pd) }

// InFlight returns how many operations are in flight on f.
func (f *ZioFile) InFlight() (n int) {
	lock(&f.pd.lock)
	for op := zioFlightOp(f.pd.zio.flights); op != nil; op = zioFlightOp(op.nextFlight) {
		if s := op.state.Load() & zioStateMask; s == zioStateInflight || s == zioStateCanceling {
			n++
		}
	}
	unlock(&f.pd.lock)
	return n
}

// Results of waits for a place.
const (
	ZioTimeoutCode = pollErrTimeout
	ZioClosedCode  = pollErrClosing
	ZioPoolReserve = zioPoolReserve
	ZioPoolWrites  = zioPoolWrites
	ZioPoolShare   = zioPoolShare
	ZioPoolSyncs   = zioPoolSyncs
	ZioPoolMore    = zioPoolMore
)

// NewZioPlace returns a descriptor for operations that wait for a place.
func NewZioPlace(fd int) *ZioFile {
	pd, _ := poll_zioFileOpen(uintptr(fd))
	return &ZioFile{pd}
}

// Place waits for a place, and ZioLeave gives it back.
func (f *ZioFile) Place(lane int) int {
	if f == nil {
		return poll_zioQueue(nil, 'r', lane)
	}
	return poll_zioQueue(f.pd, 'r', lane)
}

func ZioLeave() { poll_zioLeave() }

// ZioMayEnter reports whether an operation, a write or not, may begin without waiting for a place.
func ZioMayEnter(write bool) bool {
	if write {
		return poll_zioEnterWrite()
	}
	return poll_zioEnter()
}

// ZioMayEnterSync is ZioMayEnter for a sync of little.
func ZioMayEnterSync() bool { return poll_zioEnterSync() }

// ZioLend reports whether a goroutine that is in an operation would give up its P.
func ZioLend() bool { return poll_zioLend() }

// ZioPoolLimit sets the number of places, of which none is taken, and returns what it
// was, 0 if there is no pool.
func ZioPoolLimit(n int) (old int) {
	p := &zioPool
	lock(&p.lock)
	defer unlock(&p.lock)
	if old = int(p.base); old != 0 {
		p.base, p.syncs = int32(n), int32(n+n/zioPoolMore)
		p.limit.Store(int32(n))
	}
	return old
}

// ZioPoolState returns how many places are taken and how many operations wait.
func ZioPoolState() (taken, queued int) {
	lock(&zioPool.lock)
	defer unlock(&zioPool.lock)
	return int(zioPool.taken.Load()), int(zioPool.queued.Load())
}

// ZioPoolCalm has the pool wait for ten seconds until it notices a stall, in place of the
// first time. Operations wait already.
func ZioPoolCalm() {
	p := &zioPool
	lock(&p.lock)
	zioPoolWatch(10 * zioPoolStallMax)
	unlock(&p.lock)
}
