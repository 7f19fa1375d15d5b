// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build linux

package runtime_test

import (
	. "runtime"
	"syscall"
	"testing"
)

// Who computes makes room for others after the shortest slice; who receives or
// sends meanwhile keeps the P for longer, but not for ever. A pass through the
// scheduler begins a new slice.
func TestZioSlice(t *testing.T) {
	const look = ZioMinSlice / 2
	for _, test := range []struct {
		name           string
		call, pass     int // in which looks it has made a call or passed: every so many; 0 is none
		long, computes int // the first look that says so, 0 if none of the first 100 does
	}{
		{"computes", 0, 0, 2, 2},
		{"receives and sends", 1, 0, 2, ZioCallSlice / look},
		{"calls now and then", 2, 0, 2, ZioCallSlice / look},
		{"calls too seldom", 5, 0, 2, 2},
		{"passes", 0, 1, 0, 0},
		{"passes and calls", 1, 1, 0, 0},
		{"passes too seldom", 0, 5, 2, 2},
	} {
		var s ZioSlice
		now := int64(1e9)
		s.Pass()
		s.Keeps(now, false)
		first, firstComputes := 0, 0
		for i := 1; i <= 100; i++ {
			now += look
			if test.call != 0 && i%test.call == 0 {
				s.Call()
			}
			if test.pass != 0 && i%test.pass == 0 {
				s.Pass()
			}
			long, computes, _ := s.Keeps(now, false)
			if long && first == 0 {
				first = i
			}
			if computes && firstComputes == 0 {
				firstComputes = i
			}
		}
		if first != test.long || firstComputes != test.computes {
			t.Errorf("%s: long in look %d, computes in look %d, want %d and %d", test.name, first, firstComputes, test.long, test.computes)
		}
	}
}

// Who keeps a P but has no processor does not compute, unless it is known to.
func TestZioSliceThread(t *testing.T) {
	const look = ZioMinSlice / 2
	LockOSThread()
	defer UnlockOSThread()
	tid := make(chan int)
	end := make(chan bool)
	defer close(end)
	go func() {
		LockOSThread()
		tid <- syscall.Gettid()
		<-end
	}()
	idle := <-tid
	for _, test := range []struct {
		name        string
		idle, known bool
		computes    int // the first look that says so, 0 if none of the first 100 does
	}{
		{"runs", false, false, 2},
		{"waits for a processor", true, false, 0},
		{"waits for a processor, known", true, true, 2},
	} {
		var s ZioSlice
		s.Thread(syscall.Gettid())
		if test.idle {
			s.Thread(idle)
		}
		if s.ThreadTime() == 0 {
			t.Skip("no clock of threads")
		}
		now := int64(1e9)
		s.Pass()
		s.Keeps(now, test.known)
		first := 0
		for i := 1; i <= 100 && first == 0; i++ {
			for begin := s.ThreadTime(); !test.idle && s.ThreadTime() < begin+look; {
			}
			now += look
			if _, computes, _ := s.Keeps(now, test.known); computes {
				first = i
			}
		}
		if first != test.computes {
			t.Errorf("%s: computes in look %d, want %d", test.name, first, test.computes)
		}
	}

	// A goroutine that has kept its P for long when sysmon first looks at its thread
	// is looked at again soon.
	var s ZioSlice
	s.Thread(idle)
	s.Pass()
	s.Keeps(1e9, false)
	if long, computes, vague := s.Keeps(2e9, false); !long || computes || !vague {
		t.Errorf("first look after a second: long %v, computes %v, vague %v", long, computes, vague)
	}
}
