// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package exec

import (
	"internal/poll"
	"os"
	"sync"
	"time"
)

// A scopedWait is Wait in a scope of package zio: the command is ended when the
// scope is canceled, as it is with the context of CommandContext. Wait reaps it
// in any case, so that it is not canceled itself.
type scopedWait struct {
	stop func()

	mu      sync.Mutex  // held while the command is being ended
	cause   error       // why the scope was canceled
	ended   bool        // and that the command was told so
	kill    *time.Timer // kills it if it does not listen
	copying *time.Timer // ends the copying of its output
}

// scopedDelay is how long the output of a command that has ended is copied in a canceled
// scope if WaitDelay is 0: a process that it has left behind may hold the pipe for ever.
const scopedDelay = 100 * time.Millisecond

// zioScopedWait begins to wait for c, which has been started.
func zioScopedWait(c *Cmd) *scopedWait {
	after := poll.AfterScope()
	if after == nil {
		return nil
	}
	w := &scopedWait{}
	w.stop = after(func(cause error) { w.cancel(c, cause) })
	return w
}

// cancel is called when the scope is canceled.
func (w *scopedWait) cancel(c *Cmd, cause error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cause = cause
	switch {
	case w.copying != nil:
		w.copying.Reset(scopedDelay)
	case c.Cancel == nil:
		w.ended = c.Process.Kill() == nil
	default:
		w.ended = c.Cancel() == nil
		if c.WaitDelay != 0 {
			w.kill = time.AfterFunc(c.WaitDelay, func() { c.Process.Kill() })
		}
	}
}

// process is Process.Wait.
func (w *scopedWait) process(c *Cmd) (*os.ProcessState, error) {
	if w == nil {
		return c.Process.Wait()
	}
	defer poll.UnshieldScope(poll.ShieldScope())
	state, err := c.Process.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.kill != nil {
		w.kill.Stop()
	}
	return state, err
}

// output returns the timer that ends the copying of output, where timer is that of the
// command's context or nil. The process has been reaped.
func (w *scopedWait) output(c *Cmd, timer *time.Timer) *time.Timer {
	if w == nil || timer != nil || c.WaitDelay != 0 || c.goroutineErr == nil {
		return timer
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	d := scopedDelay
	if w.cause == nil {
		d = 1<<63 - 1
	}
	w.copying = time.NewTimer(d)
	return w.copying
}

// end is called when there is nothing to wait for, with the error that Wait is to
// return.
func (w *scopedWait) end(err error) error {
	if w == nil {
		return err
	}
	w.stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.cause == nil, !w.ended && err != ErrWaitDelay:
		return err
	case err == nil:
		return w.cause
	}
	return &scopedError{err, w.cause}
}

// A scopedError is the error of a command that was ended because a scope was
// canceled.
type scopedError struct{ err, cause error }

func (e *scopedError) Error() string   { return e.err.Error() + ": " + e.cause.Error() }
func (e *scopedError) Unwrap() []error { return []error{e.err, e.cause} }
