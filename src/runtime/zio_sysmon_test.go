// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build linux

package runtime_test

import (
	. "runtime"
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
		s.Keeps(now)
		first, firstComputes := 0, 0
		for i := 1; i <= 100; i++ {
			now += look
			if test.call != 0 && i%test.call == 0 {
				s.Call()
			}
			if test.pass != 0 && i%test.pass == 0 {
				s.Pass()
			}
			long, computes := s.Keeps(now)
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
