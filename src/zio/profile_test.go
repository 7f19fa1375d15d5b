// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio_test

import (
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"
	"zio"
)

// Who looks for goroutines that wait for ever finds tasks, although Run waits for them.
func TestLeakedTask(t *testing.T) {
	p := pprof.Lookup("goroutineleak")
	if p == nil {
		t.Skip("there is no such profile")
	}
	run := func(task func(ch chan int) error, ch chan int) {
		zio.Run(nil, func(g *zio.Group) error {
			g.Go(func() error { return task(ch) })
			return nil
		})
	}
	go run(leakedTask, make(chan int))
	ch := make(chan int)
	go run(waitingTask, ch)
	defer close(ch)
	var b strings.Builder
	for limit := time.Now().Add(10 * time.Second); time.Now().Before(limit); time.Sleep(time.Millisecond) {
		b.Reset()
		if err := p.WriteTo(&b, 1); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "leakedTask") {
			break
		}
	}
	if got := b.String(); !strings.Contains(got, "leakedTask") || strings.Contains(got, "waitingTask") {
		t.Errorf("leakedTask is leaked, waitingTask is not; got\n%s", got)
	}
}

func leakedTask(ch chan int) error  { <-ch; return nil }
func waitingTask(ch chan int) error { <-ch; return nil }

// Waiting for tasks is in the block profile.
func TestBlockProfile(t *testing.T) {
	runtime.SetBlockProfileRate(1)
	defer runtime.SetBlockProfileRate(0)
	zio.Run(nil, func(g *zio.Group) error {
		g.Go(func() error { time.Sleep(time.Millisecond); return nil })
		return nil
	})
	var b strings.Builder
	if err := pprof.Lookup("block").WriteTo(&b, 1); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "zio.Run") {
		t.Errorf("got\n%s", b.String())
	}
}
