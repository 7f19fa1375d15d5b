// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio

import "sync"

// A node is the part of a scope that something hangs on: a Done channel, a
// context, functions to call, tasks of a group, nodes of scopes inside. It is made
// when the first of them comes, and linked to the node of the scope around it,
// which is made too, as far as the first shield. A scope without one needs no
// lock.
//
// Who hangs something on a node does so first and looks then whether the scope is
// canceled; who cancels sets the cause first and looks at the node then.
type node struct {
	s      *scope
	parent *node

	// next and prev are the siblings. They, and gone, are protected by the
	// parent's lock. gone says that the scope has ended.
	next, prev *node
	gone       bool
	linked     bool

	mu       sync.Mutex // protects the following fields
	children *node
	fired    bool  // the scope, or one around it, is canceled or it has ended
	moved    *more // if SetDeadline was called: the deadline at, and its timer
	done     chan struct{}
	ctx      *scopeContext
	funcs    map[*afterFunc]struct{}
}

// An afterFunc is a function to call when a scope is canceled.
type afterFunc struct{ f func() }

var closedChan = make(chan struct{})

func init() { close(closedChan) }

// link returns the node of s, which is pinned.
func (s *scope) link() *node {
	if n := s.node.Load(); n != nil {
		return n
	}
	n := &node{s: s}
	if s.outer != nil && !s.shield {
		n.parent = s.outer.link()
	}
	if !s.node.CompareAndSwap(nil, n) {
		return s.node.Load() // whoever stored it does the rest
	}
	if n.parent != nil {
		n.parent.add(n)
	}
	if by, c := s.canceled(); by != nil {
		if c.kind == kindEnded {
			n.close()
		} else {
			s.notify(by)
		}
	}
	return n
}

// add makes c a child of n.
func (n *node) add(c *node) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if c.gone {
		return
	}
	c.linked = true
	c.next = n.children
	if c.next != nil {
		c.next.prev = c
	}
	n.children = c
}

// remove undoes add, or prevents it.
func (n *node) remove(c *node) {
	n.mu.Lock()
	defer n.mu.Unlock()
	c.gone = true
	if !c.linked {
		return
	}
	c.linked = false
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		n.children = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	c.next, c.prev = nil, nil
}

// close is called when the scope ends.
func (n *node) close() {
	n.fire(true)
	if n.parent != nil {
		n.parent.remove(n)
	}
}

// fire tells what hangs on n that its scope is canceled, or has ended.
func (n *node) fire(ended bool) {
	n.mu.Lock()
	if n.fired {
		n.mu.Unlock()
		return
	}
	n.fired = true
	if n.done != nil {
		close(n.done)
	}
	ctx, funcs := n.ctx, n.funcs
	n.ctx, n.funcs = nil, nil
	n.mu.Unlock()

	if ctx != nil {
		ctx.fire()
	}
	if !ended {
		for f := range funcs {
			go f.f()
		}
	}
}

// notify tells all that is below n that root, the scope of n or one around it, is
// canceled. No lock is held while goroutines are woken.
func (n *node) notify(root *scope) {
	n.fire(false)
	n.mu.Lock()
	var children []*node
	for c := n.children; c != nil; c = c.next {
		children = append(children, c)
	}
	n.mu.Unlock()
	for _, c := range children {
		c.s.notify(root)
	}
}

// wakeTasks ends the waits of the tasks of the group of s that are below root.
func (s *scope) wakeTasks(root *scope) {
	var few [64]uintptr
	buf := few[:]
	n := runtime_tasks(s, buf)
	for n > len(buf) {
		// Who comes later looks at the scope itself.
		buf = make([]uintptr, n+n/8)
		n = runtime_tasks(s, buf)
	}
	for _, gp := range buf[:n] {
		runtime_wake(root, gp)
	}
}

// doneChan returns the channel that fire closes.
func (n *node) doneChan() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fired {
		return closedChan
	}
	if n.done == nil {
		n.done = make(chan struct{})
	}
	return n.done
}

// after has fire call f. It reports whether it was in time.
func (n *node) after(f *afterFunc) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fired {
		return false
	}
	if n.funcs == nil {
		n.funcs = make(map[*afterFunc]struct{})
	}
	n.funcs[f] = struct{}{}
	return true
}

// forget undoes after, and reports whether it was in time.
func (n *node) forget(f *afterFunc) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, ok := n.funcs[f]
	delete(n.funcs, f)
	return ok
}
