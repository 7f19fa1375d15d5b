// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package poll

import (
	"sync/atomic"
	"unsafe"
)

// A ZioWatch stands for a goroutine that waits in Read: it holds the read lock,
// and when Read would not wait any longer it calls a function that starts the
// goroutine. See runtime/zio_watch.go.
type ZioWatch struct {
	fd *FD
	w  unsafe.Pointer // *runtime.zioWatch
}

// The runtime keeps a *zioWatch where the garbage collector does not see it; FD.zio.watch
// keeps it reachable meanwhile.
func runtime_zioNewWatch(fn func()) unsafe.Pointer
func runtime_zioWatch(ctx uintptr, w unsafe.Pointer) bool
func runtime_zioUnwatch(ctx uintptr, w unsafe.Pointer) bool

// NewZioWatch returns a watch of fd, or nil if fd cannot be watched. The function
// must not block; the goroutine that it starts must call Read of the watch first.
func NewZioWatch(fd *FD, start func()) *ZioWatch {
	if !fd.zio.on {
		return nil
	}
	return &ZioWatch{fd, runtime_zioNewWatch(start)}
}

// Begin begins to watch. It returns false if Read has to be called instead: it might
// not wait, or somebody else reads.
func (w *ZioWatch) Begin() bool {
	fd := w.fd
	if atomic.LoadUint32(&fd.isBlocking) != 0 || !fd.fdmu.rwlock(true, false) {
		return false
	}
	fd.zio.watch = w
	if !runtime_zioWatch(fd.pd.runtimeCtx, w.w) {
		w.unlock()
		return false
	}
	return true
}

// End ends a watch that has begun. It returns false if it has ended already and start
// is called.
func (w *ZioWatch) End() bool {
	if !runtime_zioUnwatch(w.fd.pd.runtimeCtx, w.w) {
		return false
	}
	w.unlock()
	return true
}

// Read gives up the read lock, which the goroutine that was started takes over by
// calling Read of the connection at once.
func (w *ZioWatch) Read() { w.unlock() }

func (w *ZioWatch) unlock() {
	w.fd.zio.watch = nil
	w.fd.readUnlock()
}
