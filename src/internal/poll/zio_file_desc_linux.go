// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package poll

import (
	"sync"
	"sync/atomic"
	"syscall"
)

// A zioLateDesc is the pollDesc of a file that Init did not register: it is made when
// it is needed, if at all.
type zioLateDesc struct {
	ctx  atomic.Uintptr // 0 until it is made; changes with lock held, and never again
	lock sync.Mutex
}

// get returns the pollDesc, which open makes if there is none. The caller holds a
// reference to fd.
func (l *zioLateDesc) get(fd *FD, open func(fd uintptr) (uintptr, int)) (ctx uintptr, err error) {
	if ctx := l.ctx.Load(); ctx != 0 {
		return ctx, nil
	}
	serverInit.Do(runtime_pollServerInit)
	l.lock.Lock()
	defer l.lock.Unlock()
	if ctx := l.ctx.Load(); ctx != 0 {
		return ctx, nil
	}
	// Close sets the bit before it takes the lock.
	if atomic.LoadUint64(&fd.fdmu.state)&mutexClosed != 0 {
		return 0, errClosing(true)
	}
	ctx, errno := open(uintptr(fd.Sysfd))
	if errno != 0 {
		return 0, syscall.Errno(errno)
	}
	l.ctx.Store(ctx)
	return ctx, nil
}

// evict is pollDesc.evict. Close has set its bit.
func (l *zioLateDesc) evict() {
	l.lock.Lock()
	ctx := l.ctx.Load()
	l.lock.Unlock()
	if ctx != 0 {
		runtime_pollUnblock(ctx)
	}
}

// destroy is pollDesc.close.
func (l *zioLateDesc) destroy() {
	if ctx := l.ctx.Load(); ctx != 0 {
		runtime_pollClose(ctx)
	}
}
