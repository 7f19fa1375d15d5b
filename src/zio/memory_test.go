// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio_test

import (
	"internal/race"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"zio"
)

// The size of a stack is a power of two. At how many depths of recursion the stack of a
// task that waits in a read is larger than that of a goroutine says how much deeper it is.
func TestTaskStack(t *testing.T) {
	if race.Enabled {
		t.Skip("instrumented frames are larger")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	s := newSleepers(t, 100)
	const depths = 40
	larger, least, most := 0, uint64(1<<63), uint64(0)
	for depth := range depths {
		goroutine := s.stack(func(measure func()) {
			var wg sync.WaitGroup
			for _, r := range s.pipes {
				wg.Go(func() { s.deep(depth, r) })
			}
			measure()
			wg.Wait()
		})
		task := s.stack(func(measure func()) {
			zio.Run(nil, func(g *zio.Group) error {
				for _, r := range s.pipes {
					g.Go(func() error { s.deep(depth, r); return nil })
				}
				measure()
				return nil
			})
		})
		if task > goroutine+1024 {
			t.Logf("depth %d: a goroutine has %d bytes, a task %d", depth, goroutine, task)
			larger++
		}
		least, most = min(least, goroutine), max(most, goroutine)
	}
	if most < least+1024 {
		t.Errorf("no stack has grown after %d calls", depths)
	}
	// The frame of deep is larger than the difference.
	if larger > 1 {
		t.Errorf("the stack of a task is larger at %d depths", larger)
	}
}

// sleepers are goroutines that wait for pipes.
type sleepers struct {
	pipes   []*os.File
	waiting atomic.Int64
}

func newSleepers(t *testing.T, n int) *sleepers {
	s := new(sleepers)
	for range n {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close(); w.Close() })
		s.pipes = append(s.pipes, r)
	}
	return s
}

// deep waits for r below n frames.
//
//go:noinline
func (s *sleepers) deep(n int, r *os.File) byte {
	var b [16]byte
	if n > 0 {
		return b[n%16] + s.deep(n-1, r)
	}
	s.waiting.Add(1)
	r.Read(make([]byte, 1))
	return 0
}

// stack has start start the goroutines, and returns how many bytes of stacks there are for
// each when start calls its argument, which also wakes them. Those that others use, and
// that goroutines which have ended keep, are among them.
func (s *sleepers) stack(start func(measure func())) (bytes uint64) {
	for _, r := range s.pipes {
		r.SetReadDeadline(time.Time{})
	}
	s.waiting.Store(0)
	runtime.GC() // frees those that are not in use
	var m runtime.MemStats
	start(func() {
		for s.waiting.Load() < int64(len(s.pipes)) {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(5 * time.Millisecond)
		runtime.ReadMemStats(&m)
		for _, r := range s.pipes {
			r.SetReadDeadline(time.Unix(1, 0))
		}
	})
	return m.StackInuse / uint64(len(s.pipes))
}
