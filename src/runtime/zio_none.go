// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build plan9

package runtime

// Systems without netpoll.go have no submission core. These are the hooks that the
// scheduler calls.

var zio struct {
	backend uint32
	whyNot  uintptr
}

type zioP struct{}

type zioOp struct{}

func zioOn() bool { return false }

func zioQueued(pp *p) bool { return false }

func zioTick(pp *p) bool { return false }

func zioLook(pp *p) {}

func zioRunQueued(pp *p) *g { return nil }

func zioFlushStopped(pp *p) {}

func zioFlushNow() {}

func zioYield(pp *p, gp *g) bool { return false }

func zioSysmonWait(delay uint32) bool { return false }

func zioSysmonPoll() bool { return false }

func zioSysmonReleased(n int32) {}

func zioPollTook() {}

func zioSysmonLook(now int64) {}

func zioSysmonSleep(sleep, now int64) int64 { return sleep }

func zioReadStats() (s zioStats) { return }

func zioSteal(pp *p) *g { return nil }

func zioTraceCan() {}

//go:nosplit
func zioPoolBlocked(mp *m) {}

func zioPoolBack(gp *g) {}

func zioPrintParked(gp *g) {}
