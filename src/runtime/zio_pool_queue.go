// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix || (js && wasm) || wasip1 || windows

package runtime

import "unsafe"

// The queue of the pool: who waits for a place, and who gets the next one.

// A zioLane is a queue of operations that wait for a place.
type zioLane struct {
	first, last uint32 // numbers of operations plus 1; 0 for none
	taken       int32  // places taken
}

// neighbors returns the numbers of the neighbors in a lane, plus 1; 0 for none.
func (op *zioOp) neighbors() (prev, next uint32) {
	return uint32(op.word >> 32), uint32(op.word)
}

func (op *zioOp) setNeighbors(prev, next uint32) {
	op.word = uint64(prev)<<32 | uint64(next)
}

// push adds op, which is in no lane.
func (l *zioLane) push(op *zioOp) {
	op.setNeighbors(l.last, 0)
	if last := zioFlightOp(l.last); last != nil {
		prev, _ := last.neighbors()
		last.setNeighbors(prev, op.id+1)
	} else {
		l.first = op.id + 1
	}
	l.last = op.id + 1
	op.wait = true
}

// remove takes op out.
func (l *zioLane) remove(op *zioOp) {
	prev, next := op.neighbors()
	if n := zioFlightOp(next); n != nil {
		_, nn := n.neighbors()
		n.setNeighbors(prev, nn)
	} else {
		l.last = prev
	}
	if p := zioFlightOp(prev); p != nil {
		pp, _ := p.neighbors()
		p.setNeighbors(pp, next)
	} else {
		l.first = next
	}
	op.wait = false
}

// zioPoolCommit puts the operation of a goroutine that has just parked into the
// queue, unless there is a place.
func zioPoolCommit(gp *g, wp unsafe.Pointer) bool {
	w := (*zioWait)(wp)
	op, mode := w.op, w.mode
	pd := op.pd
	p := &zioPool
	lock(&p.lock)
	if zioPoolFree(op.lane) {
		zioPoolTake(op.lane)
		unlock(&p.lock)
		op.res = zioRedo
		return false
	}
	p.lanes[op.lane].push(op)
	p.waited.Add(1)
	netpollAdjustWaiters(1)
	s := op.publish(zioStateArmed)
	if p.queued.Add(1) == 1 {
		p.stall, p.grew = zioPoolStall, false
		zioPoolWatch(p.stall)
	}
	unlock(&p.lock)
	// From here the goroutine may run.
	if zioMayWait(gp, pd, mode) && zioMayWait(gp, &zioNoDesc, 'r') || !op.move(s, zioStateIdle) {
		return true
	}
	netpollAdjustWaiters(-1)
	op.res = zioEnded
	return false
}

// zioPoolUnqueue takes op, whose wait has ended, out of the queue, if it is there.
func zioPoolUnqueue(op *zioOp) {
	lock(&zioPool.lock)
	if op.wait {
		zioPool.lanes[op.lane].remove(op)
		zioPool.queued.Add(-1)
	}
	unlock(&zioPool.lock)
}

// zioPoolFree reports whether an operation of lane may have a place.
func zioPoolFree(lane uint8) bool {
	p := &zioPool
	limit := p.limit.Load()
	switch {
	case lane >= zioPoolSyncs:
		limit = zioPoolForSyncs()
	case lane >= zioPoolWrites:
		limit = zioPoolForWrites()
	}
	return p.taken.Load() < limit || lane != 0 && p.lanes[lane].taken < zioPoolReserve
}

// zioPoolTake takes a place for an operation of lane.
func zioPoolTake(lane uint8) {
	zioPool.taken.Add(1)
	if lane != 0 {
		zioPool.lanes[lane].taken++
	}
}

// zioPoolGrant gives the places that are free to those who wait, and returns their
// goroutines. Who came first is served first. Where operations seem to wait for each other
// it is who came last, but for one in zioPoolOldest.
func zioPoolGrant() (list gList) {
	p := &zioPool
	for p.queued.Load() != 0 {
		lane := zioPoolNext()
		if lane < 0 {
			break
		}
		l := &p.lanes[lane]
		op := zioFlightOp(l.first)
		if p.grants++; p.limit.Load() != p.base && p.grants%zioPoolOldest != 0 {
			op = zioFlightOp(l.last)
		}
		l.remove(op)
		p.queued.Add(-1)
		// Otherwise a deadline, say, has ended its wait.
		if s := op.state.Load(); s&zioStateMask == zioStateArmed && op.move(s, zioStateDone) {
			op.res = zioRedo
			netpollAdjustWaiters(-1)
			zioPoolTake(uint8(lane))
			list.push(op.gp.ptr())
		}
	}
	return list
}

// zioPoolNext returns the next lane in which an operation waits that may have a
// place, -1 if there is none.
func zioPoolNext() int {
	p := &zioPool
	for i := range uint8(zioPoolLanes) {
		lane := (p.turn + 1 + i) % zioPoolLanes
		if p.lanes[lane].first != 0 && zioPoolFree(lane) {
			p.turn = lane
			return int(lane)
		}
	}
	return -1
}

// zioPoolWatch has zioPoolTick called in ns, to see whether something has ended. The lock
// is held.
func zioPoolWatch(ns int64) {
	p := &zioPool
	p.seen = p.ends
	p.timer.modify(nanotime()+ns, 0, zioPoolTick, nil, 0)
}

// zioPoolTick is called by the timer. If nothing ends, it adds a place. Shortly
// afterwards it looks whether that was what others waited for; if it was not, operations are just
// slow, and it adds the next one later.
func zioPoolTick(any, uintptr, int64) {
	p := &zioPool
	var list gList
	lock(&p.lock)
	if p.queued.Load() != 0 {
		moved, grew, ns := p.ends != p.seen, p.grew, p.stall
		p.grew = false
		switch {
		case moved && grew:
			p.stall = zioPoolStall
			ns = p.stall
		case grew:
			p.stall = min(2*p.stall, zioPoolStallMax)
			ns = p.stall
		case !moved && p.limit.Load() < zioPoolMost:
			p.limit.Store(max(p.limit.Load(), p.taken.Load()) + 1) // lanes have taken more
			list = zioPoolGrant()
			p.grew = true
			ns = zioPoolStall
		}
		zioPoolWatch(ns)
	}
	unlock(&p.lock)
	injectglist(&list)
}
