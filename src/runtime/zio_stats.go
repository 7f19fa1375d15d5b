// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix || (js && wasm) || wasip1 || windows

package runtime

// Counters.

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

// zioCountWait counts a goroutine that waits for readiness, and how that ended.
func zioCountWait(which int) {
	if zioOn() {
		zioCount(which)
	}
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
	zioRingStats(&s)
	p := &zioPool
	s.places = uint64(max(p.taken.Load(), 0))
	s.queued, s.waited = uint64(p.queued.Load()), p.waited.Load()
	return s
}

// zioTraced says that zioTraceCan has written its line. Only sysmon uses it.
var zioTraced bool

// zioTraceCan writes, once, how the backend performs what.
func zioTraceCan() {
	if zio.chosen.Load() == 0 || zioTraced {
		return
	}
	zioTraced = true
	printlock()
	print("ZIO can:")
	for code, name := range zioOpNames {
		print(" ", name, "=", zioCapabilityNames[zioCapability(uint8(code))])
	}
	print("\n")
	printunlock()
}

// zioParkedOn returns what gp is parked on, nil if that is no descriptor. gp must
// not run meanwhile, or the answer is a guess.
func zioParkedOn(gp *g) *pollDesc {
	op := gp.zioOp
	if op == nil {
		return nil
	}
	switch op.state.Load() & zioStateMask {
	case zioStateArmed, zioStateQueued, zioStateInflight, zioStateCanceling:
		return op.pd
	}
	return nil
}

// zioPrintParked is called for the header of a goroutine in a dump.
func zioPrintParked(gp *g) {
	if pd := zioParkedOn(gp); pd != nil && pd != &zioNoDesc {
		print(", ", zioOnNames[pd.zio.kind], " ", pd.fd)
	}
}
