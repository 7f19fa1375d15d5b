// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build linux

package runtime_test

import (
	. "runtime"
	"testing"
)

// On a connection that the program made, attempts to receive are made from the
// start, until fewer than one in ten finds something; then one in eight is.
func TestZioAskerAttempts(t *testing.T) {
	c := NewZioTraffic()
	misses := 0
	for misses < 100 && c.Attempts() {
		c.Learn(false)
		misses++
	}
	if misses < 10 || misses > 25 {
		t.Errorf("attempts end after %d in vain, want 10 to 25", misses)
	}
	made := 0
	for range 80 {
		if c.Attempts() {
			c.Learn(false)
			made++
		}
	}
	if made != 10 {
		t.Errorf("%d of 80 attempts are made to learn, want 10", made)
	}
	c.Learn(true)
	if !c.Attempts() {
		t.Error("no attempt after one that found something")
	}
	// Where one in four finds something, all are made.
	for i := range 400 {
		if !c.Attempts() && i > 40 {
			t.Fatalf("attempt %d is not made", i)
		}
		c.Learn(i%8 < 2)
	}
}

// What asks is not queued, unless answers do not come.
func TestZioAskerSends(t *testing.T) {
	c := NewZioTraffic()
	sends := 0
	for sends < 100 && c.Asks() {
		sends++
	}
	if sends != 16 {
		t.Errorf("%d sends without an answer are not queued, want 16", sends)
	}
	c.Received()
	if !c.Asks() {
		t.Error("after an answer a send is queued")
	}
	for range 50 {
		c.Learn(false)
	}
	if c.Asks() {
		t.Error("a send is not queued though answers take long")
	}
}
