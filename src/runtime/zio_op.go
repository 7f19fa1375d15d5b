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

// A zioOp is an operation: what a goroutine waits for while it is parked.
//
// A goroutine waits for one thing at a time, so each has one zioOp, made when
// it first waits (zioOpOf) and kept as long as the g, which is never freed. Until
// the goroutine is resumed the operation says what it is parked on.
//
// The state word holds a generation and one of the states below. Each use of the
// operation begins a new generation, so a compare-and-swap that succeeds on a
// word that was read earlier is about the use that was looked at. Whoever takes
// the operation out of zioStateArmed or zioStateInflight so is the only one who may resume
// the goroutine: readiness, a batch, completion, deadline, Close and cancel alike.
//
//	state             | meaning                             | leaves it by
//	------------------+-------------------------------------+--------------------------------------
//	zioStateIdle      | no operation; the goroutine's own   | goroutine: armed, queued
//	zioStateArmed     | parked until the descriptor is      | readiness: done, or queued if a batch
//	                  | ready, or a place is free           | is to perform it; place: done
//	                  |                                     | deadline, close, cancel: done
//	                  |                                     | goroutine, not yet parked: idle
//	zioStateQueued    | in a batch, not yet performed       | holder of the batch: done, inflight
//	                  |                                     | cancel of what would be in flight:
//	                  |                                     | canceling
//	zioStateInflight  | in the kernel, which may take long  | backend: done; cancel: canceling
//	zioStateCanceling | queued or in flight, and its end is | backend, holder of the batch: done
//	                  | wanted                              |
//	zioStateDone      | res is valid, the goroutine is or   | goroutine: idle
//	                  | will be made runnable               |
//
// No heap pointers: the buffer is kept alive by the frames of the parked
// goroutine.
//
// It is a cache line on 64-bit systems.
type zioOp struct {
	_     sys.NotInHeap
	state atomic.Uint32 // generation<<zioStateBits | state
	id    uint32        // index for zioOpByID; constant
	gp    guintptr      // owner; constant

	// Written by the goroutine before the operation leaves idle, read by
	// whoever then has it.
	pd   *pollDesc
	buf  uintptr
	len  uint32
	code uint8 // what to perform, zioOpReady and so on
	mode uint8 // 'r' or 'w': which slot of pd points here, or which deadline ends it
	lane uint8 // of the pool (zio_pool.go)
	wait bool  // in the queue of that lane; protected by zioPool.lock

	// Written by whoever moves the operation to done, before it makes the
	// goroutine runnable. A count, or a negative result of zio.go.
	res int32

	// Numbers of the neighbors in zioDesc.flights, plus 1; 0 for none. Protected by pd.lock.
	nextFlight, prevFlight uint32

	// word is the offset in a file until the operation is launched, and then the
	// backend's own. In the queue of the pool it links its neighbors.
	word uint64
}

const (
	zioStateIdle = iota
	zioStateArmed
	zioStateQueued
	zioStateInflight
	zioStateCanceling
	zioStateDone

	zioStateBits = 3
	zioStateMask = 1<<zioStateBits - 1
)

var zioStateNames = [...]string{
	zioStateIdle: "idle", zioStateArmed: "armed", zioStateQueued: "queued",
	zioStateInflight: "in flight", zioStateCanceling: "canceling", zioStateDone: "done",
}

// A zioSlot is where a descriptor points to the operation that waits for it.
type zioSlot struct {
	op atomic.Uintptr // *zioOp, 0 if none; written by the goroutine that waits
}

// zioOps finds operations by number, so that what the kernel hands back needs
// not be trusted to be an address.
var zioOps struct {
	lock   mutex
	n      uint32                      // numbers given away; protected by lock
	chunks [zioOpChunks]atomic.Uintptr // *zioOpChunk
}

type zioOpChunk [zioOpChunkSize]zioOp

const (
	zioOpChunkSize = 256
	zioOpChunks    = 1 << 16 // 16 million goroutines that wait
)

// zioOpOf returns the operation of gp, the current goroutine.
func zioOpOf(gp *g) *zioOp {
	if gp.zioOp == nil {
		systemstack(func() { // where it does not make the stack grow
			gp.zioOp = zioOpAlloc()
		})
		gp.zioOp.gp.set(gp)
	}
	return gp.zioOp
}

// zioOpAlloc returns an operation that nobody has.
func zioOpAlloc() *zioOp {
	o := &zioOps
	lock(&o.lock)
	id := o.n
	o.n++
	unlock(&o.lock)
	if id >= zioOpChunks*zioOpChunkSize {
		throw("zio: too many goroutines wait for I/O")
	}
	c := &o.chunks[id/zioOpChunkSize]
	v := c.Load()
	if v == 0 {
		// Who comes second wastes a chunk. It happens once in a while at
		// most, and the lock is no place to allocate in.
		v = uintptr(persistentalloc(unsafe.Sizeof(zioOpChunk{}), 64, &memstats.other_sys))
		if !c.CompareAndSwap(0, v) {
			v = c.Load()
		}
	}
	op := &(*zioOpChunk)(unsafe.Pointer(v))[id%zioOpChunkSize]
	op.id = id
	return op
}

// zioOpByID returns the operation with number id, nil if there is none.
//
//go:nowritebarrier
func zioOpByID(id uint32) *zioOp {
	if id >= zioOpChunks*zioOpChunkSize {
		return nil
	}
	v := zioOps.chunks[id/zioOpChunkSize].Load()
	if v == 0 {
		return nil
	}
	return &(*zioOpChunk)(unsafe.Pointer(v))[id%zioOpChunkSize]
}

// next starts a new generation of an operation that nobody uses, in which it is to
// perform code on pd.
func (op *zioOp) next(pd *pollDesc, mode int32, code uint8) {
	s := op.state.Load()
	if s&zioStateMask != zioStateIdle {
		println("runtime: zio: operation", op.id, "is", zioStateNames[s&zioStateMask])
		throw("zio: operation in use")
	}
	op.state.Store(s + 1<<zioStateBits)
	op.pd = pd
	op.mode = uint8(mode)
	op.code = code
}

// begin starts a new use on pd, whose slot for mode will point to it.
func (op *zioOp) begin(pd *pollDesc, mode int32, code uint8) {
	op.next(pd, mode, code)
	op.res = zioEnded
	if !op.slot().op.CompareAndSwap(0, uintptr(unsafe.Pointer(op))) {
		throw("runtime: double wait")
	}
}

// end ends the use and returns the result.
func (op *zioOp) end() int32 {
	op.slot().op.Store(0)
	op.idle()
	return op.res
}

// idle says that nobody uses the operation any more.
func (op *zioOp) idle() {
	op.state.Store(op.state.Load() &^ zioStateMask)
}

// slot returns the slot that points to the operation while it is armed or queued.
//
//go:nowritebarrier
func (op *zioOp) slot() *zioSlot {
	_, slot := op.pd.zioSide(int32(op.mode))
	return slot
}

// publish takes the operation from idle to state to. From then on others may
// resume the goroutine, which must be parked. It returns the new state word.
//
//go:nowritebarrier
func (op *zioOp) publish(to uint32) uint32 {
	s := op.state.Load() + to
	op.state.Store(s)
	return s
}

// move takes the operation from the state word s to state to, and reports
// whether it was still in that state and that use.
//
//go:nowritebarrier
func (op *zioOp) move(s, to uint32) bool {
	return op.state.CompareAndSwap(s, s&^zioStateMask|to)
}

// armed returns the operation that waits at the slot and its state word, nil
// if none is armed.
//
//go:nowritebarrier
func (slot *zioSlot) armed() (*zioOp, uint32) {
	op := (*zioOp)(unsafe.Pointer(slot.op.Load()))
	if op == nil {
		return nil, 0
	}
	// The use that s is about may have begun after the slot was read: then
	// it is somewhere else, or here again.
	s := op.state.Load()
	if s&zioStateMask != zioStateArmed || op.slot() != slot {
		return nil, 0
	}
	return op, s
}

// finish ends an operation that the caller owns, with result res, and pushes
// its goroutine.
//
//go:nowritebarrier
func (op *zioOp) finish(res int32, toRun *gList) {
	op.res = res
	op.state.Store(op.state.Load()&^zioStateMask | zioStateDone)
	toRun.push(op.gp.ptr())
}
