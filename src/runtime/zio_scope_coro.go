// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

// Coroutines, of package iter. What runs as one is called by a goroutine that stands
// still meanwhile, so it is in that goroutine's scope, as a function that is called is.
// Scopes of its own are inside of that. The next caller may be another goroutine, in
// another scope.
//
// To a canceller the caller is in a wait (zioWaitCoro) that leads to the coroutine.

// zioCoro is the part of a coro.
type zioCoro struct {
	body guintptr  // the goroutine of the coroutine; constant
	base *zioScope // the scope of the caller while the coroutine runs
}

// zioWaitCoro is the mode of a goroutine in whose place a coroutine runs.
const zioWaitCoro = 'c'

// leave is called by gp, the current goroutine, before it switches to the other one.
func (z *zioCoro) leave(gp *g) {
	s := gp.zioScope.scope
	if z.body.ptr() == gp {
		if z.base != nil {
			z.rebase(gp, z.base, nil)
			z.base = nil
		}
		return
	}
	if s != nil {
		z.base = s
		gp.zioScope.begin(gp, uintptr(z.body), zioWaitCoro)
	}
}

// enter is called by gp when it has been switched to.
func (z *zioCoro) enter(gp *g) {
	if z.body.ptr() == gp {
		if z.base != nil {
			z.rebase(gp, nil, z.base)
		}
		return
	}
	if gp.zioScope.scope != nil {
		gp.zioScope.end()
	}
}

// rebase replaces from by to, where the scopes of the coroutine itself begin. It is in
// no wait.
func (z *zioCoro) rebase(gp *g, from, to *zioScope) {
	s := gp.zioScope.scope
	if s == from {
		gp.zioScope.scope = to
		return
	}
	for ; s != nil; s = s.outer {
		if s.outer == from {
			s.outer = to
			return
		}
	}
}
