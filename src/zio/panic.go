// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio

import (
	"fmt"
	"internal/godebug"
	"runtime"
	"time"
)

// A PanicError is the value that [Run] panics with when a task of its group
// panicked. errors.Is and errors.As see Value, if it is an error.
type PanicError struct {
	Value any    // what the task panicked with
	Stack []byte // of the task, as in a traceback
	Group string // the name of the group, if it has one
}

// Error has the value and the stack.
func (e *PanicError) Error() string {
	in := "a task"
	if e.Group != "" {
		in += " of " + e.Group
	}
	return fmt.Sprintf("panic in %s: %v\n\n%s", in, e.Value, e.Stack)
}

// Unwrap returns Value if it is an error, and nil if not.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

var ziopanic = godebug.New("ziopanic")

// unwound finishes a task whose function did not return. v is what it
// panicked with, nil if it called runtime.Goexit.
func (g *Group) unwound(v any, one uint64) {
	if v == nil {
		g.noteExit()
	} else {
		g.notePanic(v)
	}
	finish(nil, one)
}

func (g *Group) noteExit() {
	g.mu.Lock()
	g.noted().exited = true
	g.mu.Unlock()
	g.scope.cancel(&cause{kind: kindCancel, err: errExited})
}

func (g *Group) notePanic(v any) {
	if ziopanic.Value() == "crash" {
		panic(v)
	}
	e, ok := v.(*PanicError) // of a group that the task ran
	if !ok {
		e = &PanicError{Value: v, Stack: stack(), Group: g.scope.name()}
	}
	grace := defaultGrace
	if m := g.scope.more; m != nil {
		grace = m.grace
	}
	g.mu.Lock()
	if o := g.noted(); o.panicked == nil {
		o.panicked = e
		o.crash = time.AfterFunc(grace, func() {
			panic(fmt.Sprintf("zio: a group did not end within %v after a panic\n\n%v", grace, e))
		})
	}
	g.mu.Unlock()
	g.scope.cancel(&cause{kind: kindCancel, err: e})
}

// stack returns the stack of the goroutine.
func stack() []byte {
	buf := make([]byte, 4096)
	for {
		if n := runtime.Stack(buf, false); n < len(buf) {
			return buf[:n]
		}
		buf = make([]byte, 2*len(buf))
	}
}
