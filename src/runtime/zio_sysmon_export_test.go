// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build linux

package runtime

// A ZioSlice is what sysmon remembers of the goroutine that keeps a P.
type ZioSlice struct {
	z zioP
	m m
}

// Thread says which thread the goroutine runs on. Without it nobody can tell what
// that does.
func (s *ZioSlice) Thread(id int) { s.m.procid = uint64(id) }

// ThreadTime is the processor time of that thread.
func (s *ZioSlice) ThreadTime() int64 { return zioThreadTime(&s.m) }

// Pass, Call and Keeps are what the scheduler, a goroutine that receives or sends, and
// sysmon at the time now, in ns, do.
func (s *ZioSlice) Pass() { s.z.tick++ }
func (s *ZioSlice) Call() { s.z.called() }
func (s *ZioSlice) Keeps(now int64, known bool) (long, computes, vague bool) {
	return s.z.keeps(now, &s.m, known)
}

// The shortest time slices.
const (
	ZioMinSlice  = zioMinSlice
	ZioCallSlice = zioCallSlice
)
