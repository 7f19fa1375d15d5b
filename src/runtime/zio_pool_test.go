// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build linux

package runtime_test

import (
	. "runtime"
	"testing"
	"time"
)

// zioPool bounds the places to n until the end of the test, and skips it where there is no
// pool.
func zioPool(t *testing.T, n int) {
	old := ZioPoolLimit(n)
	if old == 0 {
		t.Skipf("no pool with %s", ZioBackend())
	}
	t.Cleanup(func() { ZioPoolLimit(old) })
}

// zioHold has a goroutine wait for a place, for an operation on f, nil for none. Its
// result comes first, and once release is called and it has given the place back, a 0.
func zioHold(f *ZioFile, lane int) (result chan int, release func()) {
	result, free := make(chan int, 2), make(chan bool)
	go func() {
		r := f.Place(lane)
		result <- r
		if r == 0 {
			<-free
			ZioLeave()
			result <- 0
		}
	}()
	return result, func() { close(free); <-result }
}

// zioQueued waits until n operations wait for a place.
func zioQueued(t *testing.T, n int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; Gosched() {
		taken, queued := ZioPoolState()
		if queued == n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d places are taken and %d operations wait, want %d", taken, queued, n)
		}
	}
}

// Who came first is served first.
func TestZioPoolOrder(t *testing.T) {
	zioPool(t, 1)
	first, release := zioHold(nil, 0)
	<-first
	const n = 20
	order := make(chan int, n)
	for i := range n {
		go func() {
			(*ZioFile)(nil).Place(0)
			order <- i
			ZioLeave()
		}()
		zioQueued(t, i+1)
		if i == 0 {
			ZioPoolCalm() // a stall would serve the last one first
		}
	}
	release()
	for want := range n {
		if got := <-order; got != want {
			t.Errorf("number %d was served after %d others", got, want)
		}
	}
	zioQueued(t, 0)
	if taken, _ := ZioPoolState(); taken != 0 {
		t.Errorf("%d places are taken at the end", taken)
	}
}

// Writes leave places to others.
func TestZioPoolWrites(t *testing.T) {
	zioPool(t, ZioPoolShare*ZioPoolReserve)
	var releases []func()
	for range ZioPoolReserve {
		r, release := zioHold(nil, ZioPoolWrites)
		<-r
		releases = append(releases, release)
	}
	if ZioMayEnter(true) {
		t.Error("a write may begin though writes have all of their places")
		ZioLeave()
	}
	if !ZioMayEnter(false) {
		t.Error("a read may not begin though it has a place")
	}
	ZioLeave()
	write, releaseWrite := zioHold(nil, ZioPoolWrites)
	zioQueued(t, 1)
	ZioPoolCalm()
	read, releaseRead := zioHold(nil, 1)
	if r := <-read; r != 0 {
		t.Errorf("a read that waits: result %d", r)
	}
	zioQueued(t, 1)
	releases[0]()
	if r := <-write; r != 0 {
		t.Errorf("a write that has waited: result %d", r)
	}
	for _, f := range append(releases[1:], releaseWrite, releaseRead) {
		f()
	}
	zioPoolUnused(t)
}

// Syncs of little have more places than others.
func TestZioPoolSyncs(t *testing.T) {
	const n = ZioPoolReserve + 2
	zioPool(t, n)
	var releases []func()
	for i := range n + n/ZioPoolMore {
		if may := ZioMayEnter(false); may != (i < n) {
			t.Errorf("a read may begin: %v, though %d of %d places are taken", may, i, n)
		}
		ZioLeave()
		r, release := zioHold(nil, ZioPoolSyncs)
		if got := <-r; got != 0 {
			t.Fatalf("sync %d: result %d", i, got)
		}
		releases = append(releases, release)
	}
	if ZioMayEnterSync() {
		t.Error("a sync may begin though syncs have all of their places")
		ZioLeave()
	}
	sync, releaseSync := zioHold(nil, ZioPoolSyncs)
	zioQueued(t, 1)
	releases[0]()
	if r := <-sync; r != 0 {
		t.Errorf("a sync that waits: result %d", r)
	}
	for _, f := range append(releases[1:], releaseSync) {
		f()
	}
	zioPoolUnused(t)
}

// Who waits in an operation gives up its P where somebody else could use it.
func TestZioPoolLend(t *testing.T) {
	zioPool(t, 4)
	defer GOMAXPROCS(GOMAXPROCS(1))
	lends := func() bool {
		ZioMayEnter(false)
		defer ZioLeave()
		return ZioLend()
	}
	if ZioLend() {
		t.Error("outside of an operation")
	}
	for end := time.Now().Add(10 * time.Second); lends(); Gosched() {
		if time.Now().After(end) {
			t.Fatal("with nobody else to run")
		}
	}
	r, release := zioHold(nil, 0)
	if !lends() {
		t.Error("not with a goroutine to run")
	}
	<-r
	if !lends() {
		t.Error("not though another operation waits")
	}
	release()
	zioPoolUnused(t)
}

// A lane has places that another one cannot take, and lanes take turns.
func TestZioPoolLanes(t *testing.T) {
	zioPool(t, 2)
	var releases []func()
	hold := func(lane int) {
		r, release := zioHold(nil, lane)
		<-r
		releases = append(releases, release)
	}
	for range ZioPoolReserve {
		hold(1)
	}
	for range ZioPoolReserve {
		hold(2)
	}
	one, releaseOne := zioHold(nil, 1)
	zioQueued(t, 1)
	ZioPoolCalm()
	two, releaseTwo := zioHold(nil, 1)
	zioQueued(t, 2)
	other, releaseOther := zioHold(nil, 2)
	zioQueued(t, 3)
	releases[ZioPoolReserve]() // lane 2
	if r := <-other; r != 0 {
		t.Errorf("lane 2: result %d", r)
	}
	releases[0]()
	<-one
	releases[1]()
	<-two
	for _, f := range append(releases[2:ZioPoolReserve], append(releases[ZioPoolReserve+1:], releaseOne, releaseTwo, releaseOther)...) {
		f()
	}
	zioPoolUnused(t)
}

// zioPoolUnused checks that nobody has a place or waits for one.
func zioPoolUnused(t *testing.T) {
	t.Helper()
	if taken, queued := ZioPoolState(); taken != 0 || queued != 0 {
		t.Errorf("%d places are taken and %d operations wait at the end", taken, queued)
	}
}

// A deadline, and Close, end what waits for a place.
func TestZioPoolEnds(t *testing.T) {
	zioPool(t, 1)
	first, release := zioHold(nil, 0)
	<-first
	other, releaseOther := zioHold(nil, 0)
	zioQueued(t, 1)
	ZioPoolCalm()
	f := NewZioPlace(0)
	for i := range 50 {
		f.SetDeadline(0)
		r, _ := zioHold(f, 0)
		if i%2 == 0 {
			zioQueued(t, 2)
		}
		f.SetDeadline(-1)
		if r := <-r; r != ZioTimeoutCode {
			t.Fatalf("deadline: result %d, want %d", r, ZioTimeoutCode)
		}
		zioQueued(t, 1)
	}
	f.SetDeadline(0)
	r, _ := zioHold(f, 0)
	zioQueued(t, 2)
	f.Unblock()
	if r := <-r; r != ZioClosedCode {
		t.Errorf("close: result %d, want %d", r, ZioClosedCode)
	}
	f.Close()
	release()
	<-other
	releaseOther()
	zioPoolUnused(t)
}

// If nothing ends, there is one place more after a while, for who came last.
func TestZioPoolStall(t *testing.T) {
	zioPool(t, 1)
	first, release := zioHold(nil, 0)
	<-first
	old, releaseOld := zioHold(nil, 0)
	zioQueued(t, 1)
	late, releaseLate := zioHold(nil, 0)
	zioQueued(t, 2)
	<-late
	select {
	case <-old:
		t.Error("there are two places more at once")
	default:
	}
	<-old
	releaseOld()
	releaseLate()
	release()
	one, releaseOne := zioHold(nil, 0)
	<-one
	_, releaseTwo := zioHold(nil, 0)
	zioQueued(t, 1) // there is one place again
	releaseOne()
	releaseTwo()
}
