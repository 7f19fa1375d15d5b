// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build linux

package runtime_test

import (
	"math/rand/v2"
	. "runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// zioNeedOn skips a test of what runs only with the submission core.
func zioNeedOn(t *testing.T) {
	if ZioBackend() == "off" {
		t.Skip("GODEBUG=zio=off")
	}
}

// A state word that was read during an earlier use takes nothing from a later one,
// though the state is the same.
func TestZioOpGenerations(t *testing.T) {
	s := NewZioSock(-1)
	defer s.Free()
	if !s.ZioOpFound() {
		t.Error("the operation is not found by its number")
	}
	var old []uint32
	for i := range 100 {
		s.Begin(ZioRecv)
		w := s.Publish(ZioArmed)
		for _, o := range old {
			if s.Move(o, ZioDone) {
				t.Fatalf("use %d was ended by somebody who looked at an earlier one", i)
			}
		}
		if !s.Move(w, ZioDone) {
			t.Fatal("nobody could end the use")
		}
		if s.Move(w, ZioDone) {
			t.Fatal("two could end the use")
		}
		s.End()
		old = append(old, w)
	}
}

// An operation that waits on one descriptor is not seen from another that it
// waited on before.
func TestZioOpMovesOn(t *testing.T) {
	zioNeedOn(t)
	a, b := NewZioSock(-1), NewZioSock(-1)
	defer a.Free()
	defer b.Free()
	a.Begin(ZioRecv)
	a.Publish(ZioArmed)
	if b.Ready(nil) || !b.Flag() {
		t.Error("readiness of one descriptor resumed who waits for another")
	}
	if !a.Ready(nil) || a.Flag() {
		t.Error("readiness did not resume who waits for it")
	}
	a.End()
}

// The runtime knows what a goroutine is parked on.
func TestZioParkedOn(t *testing.T) {
	zioNeedOn(t)
	s := NewZioSock(12345)
	defer s.Free()
	if what, fd := ZioParkedOn(ZioGoid()); what != "" {
		t.Errorf("a goroutine that runs is parked on %s %d", what, fd)
	}
	id := make(chan uint64)
	go func() { id <- ZioGoid(); s.Wait(); id <- 0 }()
	goid := <-id
	for state, _ := s.Slot(); state != ZioArmed; state, _ = s.Slot() {
		Gosched()
	}
	if what, fd := ZioParkedOn(goid); what != "descriptor" || fd != 12345 {
		t.Errorf("parked on %q %d", what, fd)
	}
	s.Inject()
	<-id
	if what, fd := ZioParkedOn(goid); what != "" {
		t.Errorf("afterwards, parked on %s %d", what, fd)
	}
}

// The model of one descriptor and one goroutine that reads from it.
type zioModel struct {
	state   uint32
	flag    bool
	expired bool
	closed  bool
	result  int32
}

// Random sequences of what may happen to an operation, against the model.
func TestZioOpModel(t *testing.T) {
	zioNeedOn(t)
	steps := 1_000_000
	if testing.Short() {
		steps = 100_000
	}
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 0))
	b := NewZioBatch()
	if b == nil {
		t.Skip("no io_uring here")
	}
	defer b.Free()
	s := NewZioSock(-1)
	var m zioModel
	var trace []string
	for range steps {
		what, got, want := zioStep(rnd.IntN(8), s, b, &m)
		if trace = append(trace, what); len(trace) > 20 {
			trace = trace[1:]
		}
		state, _ := s.State()
		if got != want || state != m.state || s.Flag() != m.flag || m.state == ZioDone && s.Result() != m.result {
			t.Fatalf("seed %d, after %q: %v, want %v; state %d, result %d, ready %v; the model says %+v",
				seed, trace, got, want, state, s.Result(), s.Flag(), m)
		}
		if m.closed && m.state == ZioIdle {
			s.Free()
			s = NewZioSock(-1)
			m = zioModel{}
		}
	}
	for b.Len() > 0 {
		b.Perform()
	}
}

// zioStep lets one thing happen to s and to the model, and returns its name,
// whether it resumed the goroutine, and whether it should have.
func zioStep(n int, s *ZioSock, b *ZioBatch, m *zioModel) (what string, got, want bool) {
	waits := m.state == ZioArmed
	end := func(result int32) {
		if waits {
			m.state, m.result = ZioDone, result
		}
	}
	switch n {
	case 0, 1: // the goroutine waits, or goes on
		switch {
		case m.state == ZioDone:
			s.End()
			m.state = ZioIdle
			return "go on", false, false
		case m.state != ZioIdle || m.closed || m.expired:
			return "nothing", false, false
		case m.flag:
			got, want = s.TakeFlag(), true
			m.flag = false
			return "is ready", got, want
		}
		s.Begin(ZioRecv)
		s.Publish(ZioArmed)
		m.state = ZioArmed
		return "wait", false, false
	case 2:
		end(ZioRedo)
		m.flag = m.flag || !waits
		return "ready", s.Ready(nil), waits
	case 3:
		if waits {
			m.state = ZioQueued
		}
		m.flag = m.flag || !waits
		return "ready, batch", s.Ready(b), false
	case 4:
		m.expired = true
		end(ZioEnded)
		return "deadline", s.Expire(), waits
	case 5:
		m.expired = false
		s.Unexpire()
		return "deadline taken back", false, false
	case 6:
		if m.state == ZioQueued {
			m.state, m.result = ZioDone, -9 // EBADF
			return "complete", b.Perform() == 1, true
		}
		return "complete nothing", b.Perform() == 1, false
	default:
		m.closed = true
		end(ZioEnded)
		return "close", s.Close(), waits
	}
}

// A goroutine that waits while others say at any time that it is ready or past
// its deadline is resumed once for each wait, and misses nothing.
func TestZioOpRace(t *testing.T) {
	zioNeedOn(t)
	defer GOMAXPROCS(GOMAXPROCS(0))
	for _, procs := range []int{1, 2, 8} {
		GOMAXPROCS(procs)
		for range 4 {
			zioRace(t, 250*time.Millisecond)
		}
	}
}

func zioRace(t *testing.T, d time.Duration) {
	s := NewZioSock(-1)
	var ready, ended atomic.Int64
	gone := make(chan bool)
	stop := make(chan bool)
	var closed atomic.Bool
	go func() {
		defer close(gone)
		for !closed.Load() {
			if s.Wait() == ZioRedo {
				ready.Add(1)
			} else {
				ended.Add(1)
				Gosched() // the deadline may have passed for long
			}
		}
	}()
	var said atomic.Int64
	var actors sync.WaitGroup
	actor := func(act func()) {
		actors.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					act()
				}
				if rand.IntN(4) == 0 {
					Gosched()
				}
			}
		})
	}
	actor(func() { said.Add(1); s.Inject() })
	actor(func() { said.Add(1); s.Inject() })
	actor(func() { s.Expire(); s.Unexpire() })
	time.Sleep(d)
	close(stop)
	actors.Wait()

	// Whatever was said last is not lost, and what is said now is seen.
	for range 1000 {
		before := ready.Load()
		s.Inject()
		for limit := time.Now().Add(10 * time.Second); ready.Load() == before; Gosched() {
			if time.Now().After(limit) {
				t.Fatalf("readiness was lost: state %v, ready %v", first(s.Slot()), s.Flag())
			}
		}
	}
	if r, n := ready.Load(), said.Load()+1000; r > n {
		t.Errorf("%d times resumed because of readiness, which came %d times", r, n)
	}
	closed.Store(true)
	s.Close()
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Fatal("close did not end the wait")
	}
	if ended.Load() == 0 {
		t.Error("no wait ended by a deadline")
	}
	s.Free()
}

// What is said once, just when a goroutine begins to wait, ends that wait: nobody
// says it again.
func TestZioOpOnce(t *testing.T) {
	zioNeedOn(t)
	rounds := 200_000
	if testing.Short() {
		rounds = 30_000
	}
	zioOnce(t, rounds)
	// With delays between the looks of both sides, whose windows are
	// nanoseconds otherwise.
	t.Run("stress", func(t *testing.T) {
		defer ZioStress(ZioStress(20))
		zioOnce(t, rounds/20)
	})
}

func zioOnce(t *testing.T, rounds int) {
	// Whoever gives way at once is the next to run the other, and so the two never
	// meet: where there are processors for both, it takes some microseconds until
	// another one has it.
	patience := 1000
	if GOMAXPROCS(0) > 1 && NumCPU() > 1 {
		patience = 200_000
	}
	for _, c := range []struct {
		name string
		say  func(s *ZioSock)
		want int32
	}{
		{"ready", (*ZioSock).Inject, ZioRedo},
		{"deadline", func(s *ZioSock) { s.Expire() }, ZioEnded},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := NewZioSock(-1)
			var round atomic.Int64 // the waiter begins it, odd, and has ended it, even
			var result atomic.Int32
			// Either may be the first by anything from nanoseconds to microseconds.
			pause := func() {
				for range rand.IntN(1 << rand.IntN(12)) {
					result.Load()
				}
			}
			go func() {
				for range rounds {
					round.Add(1)
					pause()
					result.Store(s.Wait())
					for s.TakeFlag() {
					}
					s.Unexpire()
					round.Add(1)
				}
			}()
			for i := range int64(rounds) {
				for limit := 0; round.Load() < 2*i+1; limit++ {
					if limit%patience == patience-1 {
						Gosched()
					}
				}
				pause()
				c.say(s)
				start := time.Now()
				for limit := 0; round.Load() < 2*i+2; limit++ {
					if limit%patience == patience-1 {
						Gosched()
						if time.Since(start) > 10*time.Second {
							t.Fatalf("round %d: the wait did not end: state %v, ready %v", i, first(s.Slot()), s.Flag())
						}
					}
				}
				if r := result.Load(); r != c.want {
					t.Fatalf("round %d: result %d, want %d", i, r, c.want)
				}
			}
			s.Free()
		})
	}
}

func first(state, _ uint32) uint32 { return state }
