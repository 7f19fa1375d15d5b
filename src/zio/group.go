// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// A Group owns the goroutines that are started with its methods, its tasks: [Run]
// returns when all have ended. It is valid until then. Its methods may be called by
// any goroutine.
type Group struct {
	// scope is that of the body and of all tasks. It comes first, so that a
	// group and its scope are one object.
	scope scope

	// count has the tasks that have not ended in its lower half, and those in the
	// background in its upper half, less one: the body counts as a task, so that a
	// new group has the right count. Who makes it nothing tries to set countEnded;
	// then no more are started.
	count  atomic.Uint64
	joined uintptr // for Run, which waits until nothing is left

	mu      sync.Mutex // protects outcome and what it has
	outcome *outcome   // nil as long as all is well
}

// An outcome is what has gone wrong in a group.
type outcome struct {
	err      error // the first
	panicked *PanicError
	crash    *time.Timer // runs while a panic waits for the other tasks
	exited   bool        // a task called runtime.Goexit
}

const (
	countTask       = 1
	countBackground = 1 << 32
	countTasks      = countBackground - 1 // the lower half
	countEnded      = 1 << 63
	countBody       = countTask // what count is less
)

var (
	errFinished = errors.New("zio: the other tasks of the group have ended")
	errExited   = errors.New("zio: a task of the group called runtime.Goexit")
	errUnwound  = errors.New("zio: the function that was called by Run did not return")
)

// Run calls body with a new group, waits for body and for all tasks that were
// started in the group, and returns the first error that one of them returned.
//
// The group has a scope, in which body and the tasks run. It is canceled with the
// first error, so that what the others wait for ends; and with ctx, which may be
// nil, and with the scope that Run is called in. Waiting for the tasks is not
// canceled: what is canceled is what they wait for.
//
// An error that only says that the group was canceled by Cancel(nil) is not
// returned.
//
// If a task panics, the group is canceled, and Run panics with a [*PanicError] when
// the others have ended; if that takes longer than [Grace] says, the program
// crashes. If a task calls [runtime.Goexit], as t.FailNow does, so does Run. If body
// panics or exits, the group is canceled and the tasks are waited for before
// the panic goes on.
//
// Goroutines that are started with the go statement are not tasks, have no scope and
// are not waited for.
func Run(ctx context.Context, body func(g *Group) error, opts ...Option) error {
	g := new(Group)
	for _, o := range opts {
		o.set(g)
	}
	g.run(ctx, body)
	o := g.outcome
	if o == nil {
		return nil
	}
	if o.panicked != nil {
		panic(o.panicked)
	}
	if o.exited {
		runtime.Goexit()
	}
	return o.err
}

// run is Run without its result.
func (g *Group) run(ctx context.Context, body func(g *Group) error) {
	s := &g.scope
	s.group = true
	runtime_enter(s)
	s.pin()
	if s.outer != nil {
		s.link() // so that those further out find the tasks
	}
	if ctx != nil {
		s.bind(ctx)
	}
	returned := false
	defer func() {
		if !returned {
			s.cancel(&cause{kind: kindCancel, err: errUnwound})
		}
		if !g.done(countTask) {
			runtime_join(&g.joined)
			g.count.Load() // for the race detector: after what the tasks did
		}
		s.close()
		if o := g.outcome; o != nil && o.crash != nil {
			o.crash.Stop()
		}
	}()
	if err := body(g); err != nil {
		g.fail(err)
	}
	returned = true
}

// Go calls fn in a new goroutine, a task of the group, in the group's scope: scopes
// of the goroutine that calls Go do not matter. It reports whether it did: not if
// the group is canceled or has ended. With [Limit], it first waits until there are
// fewer tasks, or until the group or the scope of the goroutine is canceled.
func (g *Group) Go(fn func() error) bool {
	return g.start(fn, true)
}

// TryGo is Go that does not wait: it reports false if there are as many tasks as
// Limit allows.
func (g *Group) TryGo(fn func() error) bool {
	return g.start(fn, false)
}

// Background is Go for a task that serves the others: when the body and all other
// tasks have ended, the group is canceled, which ends it. That it then returns a
// [CanceledError] is no failure. It does not count for Limit.
func (g *Group) Background(fn func() error) bool {
	if !g.admit(countBackground) {
		return false
	}
	go func() {
		defer unwindBackground()
		finishBackground(startTask(g, fn)())
	}()
	return true
}

// Cancel cancels the scope of the group. Run then returns the first error that a
// task or the body returns, or nil if err is nil and they say no more than that
// they were canceled.
func (g *Group) Cancel(err error) { g.Token().Cancel(err) }

// Token returns the token of the group's scope.
func (g *Group) Token() Token { return Token{&g.scope} }

func (g *Group) start(fn func() error, wait bool) bool {
	if m := g.scope.more; m != nil && m.slots != nil && !g.acquire(m.slots, wait) {
		return false
	}
	if !g.admit(countTask) {
		g.giveBack()
		return false
	}
	// A task is no more than this closure. The frames below fn are as small as those
	// of sync.WaitGroup.Go: larger ones make some stacks twice as large.
	go func() {
		defer unwindTask()
		finishTask(startTask(g, fn)())
	}()
	return true
}

// acquire takes a slot.
func (g *Group) acquire(slots chan struct{}, wait bool) bool {
	select {
	case slots <- struct{}{}:
		return true
	default:
	}
	if !wait {
		return false
	}
	select {
	case slots <- struct{}{}:
		return true
	case <-g.Token().Done():
	case <-Done():
	}
	return false
}

// giveBack gives back the slot of a task, if the group has slots.
func (g *Group) giveBack() {
	if m := g.scope.more; m != nil && m.slots != nil {
		<-m.slots
	}
}

// admit counts a new task, unless the group is canceled or has ended.
func (g *Group) admit(one uint64) bool {
	if by, _ := g.scope.canceled(); by != nil {
		return false
	}
	if g.count.Add(one)+countBody >= countEnded {
		g.count.Add(-one)
		return false
	}
	return true
}

// done counts a task as ended, and reports whether it was the last.
func (g *Group) done(one uint64) bool {
	n := g.count.Add(-one) + countBody
	if n == 0 {
		// Unless there is a new task already, whose end is the last then.
		return g.count.CompareAndSwap(n-countBody, countEnded-countBody)
	}
	if one == countTask && n&countTasks == 0 {
		// Those in the background are left.
		g.scope.cancel(&cause{kind: kindCancel, err: errFinished})
	}
	return false
}

// fail notes an error of the body or a task.
func (g *Group) fail(err error) {
	if g.expected(err) {
		return
	}
	g.mu.Lock()
	o := g.noted()
	first := o.err == nil
	if first {
		o.err = err
	}
	g.mu.Unlock()
	if first {
		g.scope.cancel(&cause{kind: kindCancel, err: err})
	}
}

// noted returns the outcome. g.mu is held.
func (g *Group) noted() *outcome {
	if g.outcome == nil {
		g.outcome = new(outcome)
	}
	return g.outcome
}

// expected reports whether err says no more than that the group was told to end
// early.
func (g *Group) expected(err error) bool {
	c := g.scope.cause.Load()
	return c != nil && c.kind == kindCancel && (c.err == nil || c.err == errFinished) && g.scope.owns(err)
}

func finishTask(err error)       { finish(err, countTask) }
func finishBackground(err error) { finish(err, countBackground) }

// finish ends a task whose function has returned err, or that goes away otherwise.
func finish(err error, one uint64) {
	g := groupOf(runtime_finish())
	if err != nil {
		g.fail(err)
	}
	if one == countTask {
		g.giveBack()
	}
	if g.done(one) {
		runtime_joined(&g.joined)
	}
}

// groupOf returns the group that s is the scope of.
func groupOf(s *scope) *Group { return (*Group)(unsafe.Pointer(s)) }

// startTask makes the goroutine a task of g. It returns fn, so that its caller need not keep
// it on the stack meanwhile.
//
//go:noinline
func startTask(g *Group, fn func() error) func() error {
	runtime_start(&g.scope)
	return fn
}

// unwindTask is deferred by a task, and unwindBackground by one in the background. They
// do nothing if the task has finished, and recover, which has to be done here, if it
// panics.
func unwindTask() {
	if s := runtime_task(); s != nil {
		groupOf(s).unwound(recover(), countTask)
	}
}

func unwindBackground() {
	if s := runtime_task(); s != nil {
		groupOf(s).unwound(recover(), countBackground)
	}
}
