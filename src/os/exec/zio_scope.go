// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package exec

import (
	"internal/poll"
	"sync"
)

// A scopedWait is Wait in a scope of package zio: the command is ended when the
// scope is canceled, as it is with the context of CommandContext. Wait reaps it
// in any case.
type scopedWait struct {
	stop func()

	mu    sync.Mutex // held while the command is being ended
	cause error      // why it was
}

// zioScopedWait begins to wait for c, which has been started.
func zioScopedWait(c *Cmd) *scopedWait {
	after := poll.AfterScope()
	if after == nil {
		return nil
	}
	w := &scopedWait{}
	w.stop = after(func(cause error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		end := c.Process.Kill
		if c.Cancel != nil {
			end = c.Cancel
		}
		if end() == nil {
			w.cause = cause
		}
	})
	return w
}

// end is called when the process has ended, with the error that Wait is to return.
func (w *scopedWait) end(err error) error {
	if w == nil {
		return err
	}
	w.stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.cause == nil:
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
