// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// Groups of package zio: their tasks, and waiting for the end of all.

// zioScopeStart makes the goroutine a task of the group of s.
//
//go:linkname zioScopeStart zio.runtime_start
func zioScopeStart(s *zioScope) {
	z := &getg().zioScope
	z.scope = s
	z.group = s
	z.refused = 0
}

// zioScopeTask returns the scope of the group whose task the goroutine is, or nil.
//
//go:linkname zioScopeTask zio.runtime_task
func zioScopeTask() *zioScope {
	return getg().zioScope.group
}

// zioScopeFinish undoes zioScopeStart, and returns its argument.
//
//go:linkname zioScopeFinish zio.runtime_finish
func zioScopeFinish() *zioScope {
	gp := getg()
	z := &gp.zioScope
	if z.prev != 0 {
		z.unlink(gp)
	}
	s := z.group
	z.scope = nil
	z.group = nil
	return s
}

// link makes gp, which is a task, known to its group. A task that never waits is never
// linked.
func (z *zioScopeG) link(gp *g) {
	s := z.group
	lock(&s.lock)
	z.prev.set(gp)
	z.next = s.tasks
	if z.next != 0 {
		z.next.ptr().zioScope.prev.set(gp)
	}
	s.tasks.set(gp)
	s.ntasks++
	unlock(&s.lock)
}

// unlink takes gp back.
func (z *zioScopeG) unlink(gp *g) {
	s := z.group
	lock(&s.lock)
	before := z.prev
	if before.ptr() == gp {
		s.tasks = z.next
		before = z.next
	} else {
		before.ptr().zioScope.next = z.next
	}
	if z.next != 0 {
		z.next.ptr().zioScope.prev = before
	}
	s.ntasks--
	unlock(&s.lock)
	z.next, z.prev = 0, 0
}

// zioScopeTasks stores those tasks of the group of s that have waited, as far as
// buf has room, and returns how many there are.
//
//go:linkname zioScopeTasks zio.runtime_tasks
func zioScopeTasks(s *zioScope, buf []guintptr) int {
	lock(&s.lock)
	n := int(s.ntasks)
	for i, gp := 0, s.tasks; gp != 0 && i < len(buf); i, gp = i+1, gp.ptr().zioScope.next {
		buf[i] = gp
	}
	unlock(&s.lock)
	return n
}

// zioScopeJoin waits until zioScopeJoined is called with the same address, once, by
// any goroutine. It is what sync.WaitGroup waits with, without the table of those who
// wait for a semaphore: a group has one who waits.
//
//go:linkname zioScopeJoin zio.runtime_join
func zioScopeJoin(addr *uintptr) {
	if atomic.Loaduintptr(addr) == zioJoined {
		return
	}
	gp := getg()
	reason := waitReasonSyncWaitGroupWait
	if gp.bubble != nil {
		reason = waitReasonSynctestWaitGroupWait
	}
	var t0 int64
	if blockprofilerate > 0 {
		t0 = cputicks()
	}
	// Who looks for goroutines that wait for ever asks the sudog what for.
	s := acquireSudog()
	s.g = gp
	s.elem.set(unsafe.Pointer(addr))
	gp.waiting = s
	gopark(zioScopeJoinCommit, unsafe.Pointer(addr), reason, traceBlockSync, 2)
	gp.waiting = nil
	s.elem.set(nil)
	s.g = nil
	releaseSudog(s)
	if t0 != 0 {
		blockevent(cputicks()-t0, 2)
	}
}

// zioJoined is what the word of zioScopeJoin is after zioScopeJoined. Before, it is
// the goroutine that waits, 0 if none does yet.
const zioJoined = 1

func zioScopeJoinCommit(gp *g, addr unsafe.Pointer) bool {
	return atomic.Casuintptr((*uintptr)(addr), 0, uintptr(unsafe.Pointer(gp)))
}

//go:linkname zioScopeJoined zio.runtime_joined
func zioScopeJoined(addr *uintptr) {
	if gp := atomic.Xchguintptr(addr, zioJoined); gp != 0 {
		goready((*g)(unsafe.Pointer(gp)), 2)
	}
}
