// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	"zio"
)

// Random trees of scopes against a model.

// A modelScope is a scope as the documentation has it.
type modelScope struct {
	outer  *modelScope
	shield bool
	cause  error // why it was canceled, or nil
	tok    zio.Token
	done   <-chan struct{} // taken at some time, or nil
}

// canceled returns the outermost canceled scope that s is not shielded from.
func (s *modelScope) canceled() (by *modelScope) {
	for ; s != nil; s = s.outer {
		if s.cause != nil {
			by = s
		}
		if s.shield {
			break
		}
	}
	return by
}

// A walk makes a tree as its program says.
type walk struct {
	program []byte
	steps   int
}

func (w *walk) next() byte {
	if len(w.program) == 0 {
		return 0
	}
	b := w.program[0]
	w.program = w.program[1:]
	w.steps++
	return b
}

// check compares what package zio says in a scope, of it and of those around it, with
// the model.
func (w *walk) check(s *modelScope) error {
	if err := compare("Check", zio.Check(), s); err != nil {
		return err
	}
	for o := s; o != nil; o = o.outer {
		if err := compare("Err", o.tok.Err(), o); err != nil {
			return err
		}
		if o.done == nil {
			continue
		}
		select {
		case <-o.done:
			if o.canceled() == nil {
				return errors.New("Done is closed")
			}
		default:
			if o.canceled() != nil {
				return errors.New("Done is not closed")
			}
		}
	}
	return nil
}

// compare compares an error in scope s with the model.
func compare(what string, err error, s *modelScope) error {
	by := s.canceled()
	switch {
	case by == nil && err != nil:
		return fmt.Errorf("%s = %v, nothing is canceled", what, err)
	case by != nil && (err == nil || !errors.Is(err, by.cause) || !by.tok.Owns(err)):
		return fmt.Errorf("%s = %v, want %v, by another scope perhaps", what, err, by.cause)
	}
	for o := s; o != nil; o = o.outer {
		if o != by && o.tok.Owns(err) {
			return fmt.Errorf("%s: %v is owned by two scopes", what, err)
		}
	}
	return nil
}

// in continues the program in a new scope inside of s.
func (w *walk) in(s *modelScope, n *modelScope) error {
	n.outer = s
	n.tok = zio.Self()
	return w.run(n)
}

// run executes the program in s until it says that the scope ends.
func (w *walk) run(s *modelScope) error {
	for {
		op := w.next()
		var err error
		switch op % 12 {
		case 0:
			return w.check(s)
		case 1, 2:
			err = zio.Timeout(time.Hour, func() error { return w.in(s, &modelScope{}) })
		case 3:
			err = zio.Timeout(0, func() error { return w.in(s, &modelScope{cause: context.DeadlineExceeded}) })
		case 4:
			err = zio.Shield(func() error { return w.in(s, &modelScope{shield: true}) })
		case 5:
			err = zio.Cleanup(time.Hour, func() error { return w.in(s, &modelScope{shield: true}) })
		case 6:
			err = zio.Run(nil, func(g *zio.Group) error {
				n := &modelScope{outer: s, tok: g.Token()}
				if n.canceled() != nil || op < 128 {
					return w.run(n)
				}
				// As a task, which is at the group's place in the tree.
				result := make(chan error, 1)
				g.Go(func() error { result <- w.run(n); return nil })
				return <-result
			})
		case 7, 8, 9: // cancel a scope some levels out
			o := s
			for range op / 12 % 4 {
				if o != nil && o.outer != nil {
					o = o.outer
				}
			}
			if o == nil {
				break
			}
			cause := fmt.Errorf("cause %d", w.steps)
			o.tok.Cancel(cause)
			if o.cause == nil {
				o.cause = cause
			}
		case 10:
			if s != nil && s.done == nil {
				s.done = s.tok.Done()
			}
		case 11:
			err = zio.With(context.Background(), func() error { return w.in(s, &modelScope{}) })
		}
		if err == nil {
			err = w.check(s)
		}
		if err != nil {
			return err
		}
	}
}

func runTree(t *testing.T, program []byte) {
	w := &walk{program: program}
	for len(w.program) > 0 {
		if err := w.run(nil); err != nil {
			t.Fatalf("step %d of %v: %v", w.steps, program, err)
		}
	}
	if zio.Self() != (zio.Token{}) {
		t.Fatal("a scope is left over")
	}
}

func FuzzTree(f *testing.F) {
	f.Add([]byte{1, 4, 7, 10, 0, 19, 0, 0})
	f.Add([]byte{3, 6, 138, 10, 7, 0, 0, 0})
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) > 500 {
			t.Skip()
		}
		runTree(t, program)
	})
}

func TestTree(t *testing.T) {
	rounds := 20000
	if testing.Short() || raceEnabled {
		rounds = 2000
	}
	for range rounds {
		program := make([]byte, rand.IntN(60))
		for i := range program {
			program[i] = byte(rand.Uint32())
		}
		runTree(t, program)
	}
}
