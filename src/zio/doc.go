// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

// Package zio cancels goroutines that wait, and keeps track of those that are
// started.
//
// # Scopes
//
// A scope is the time that a function takes, with the possibility to end it early.
// [Timeout], [Deadline], [With] and [Scope] call a function in a scope:
//
//	err := zio.Timeout(5*time.Second, func() error {
//		return handle(conn) // knows nothing of this package
//	})
//
// When the scope is canceled, by the clock, by a context or by its [Token], what the
// function waits for ends with a [CanceledError], and so does whatever it wants to
// wait for later, until it returns. The state belongs to the scope: there is
// nothing to reset, and a deadline that passes as the function returns has no effect
// on what comes after.
//
// Scopes nest. A goroutine is canceled if one of its scopes is, as far as the first
// [Shield]; the outermost is the one that the error tells of.
//
// # What is canceled
//
// What waits for a descriptor: reads, writes, accepts and connects on sockets of
// all kinds, reads and writes of pipes and terminals, waits for processes, and, with
// io_uring, reads of files that the disk has not begun to serve. Lookups, HTTP
// requests, commands of os/exec, the pool of database/sql, net.Pipe and io.Pipe wait
// in other ways, and are canceled too. [Check] is for loops that compute, and [Done]
// for select statements.
//
// An operation that reports a cancel had no effect; a write reports how much was
// written. If it is done when the cancel comes, it succeeds, and the next
// one fails. An operation on a closed descriptor reports that, canceled or not; a
// cancel comes before the deadline of the descriptor.
//
// Never canceled are operations that cannot report an error (plain channel
// operations, Lock, Wait, time.Sleep), what the page cache has of regular files,
// closing, writes to standard output and standard error, system calls by package
// syscall, and C code; and what sync.Once calls, which is for all who come later. So
// deferred functions that close, unlock and log work in a canceled scope; those
// that have to wait, to say goodbye to a peer, say, use [Cleanup].
//
// # Groups
//
// [Run] calls a function with a [Group], whose method [Group.Go] starts a task, a
// goroutine that the group owns. Run returns when all tasks have ended, with the
// first error, and the first error cancels the others:
//
//	err := zio.Run(ctx, func(g *zio.Group) error {
//		for _, url := range urls {
//			g.Go(func() error { return fetch(url) })
//		}
//		return nil
//	}, zio.Limit(10))
//
// Goroutines of the go statement have no scope, whoever starts them: they may work
// for others, or longer. So connection pools and caches are not canceled with
// the one who happened to start them. An iterator that iter.Pull has made a coroutine is
// in the scope of whoever calls next.
//
// # Contexts
//
// [With] and [Run] take a context, which cancels the scope; [Context] returns one that
// is canceled with the scope. Neither starts a goroutine. A context in a struct or in
// the arguments of a function stays what it is; a scope reaches what has none.
//
// # Systems
//
// Waits for descriptors are canceled on all systems but windows, plan9 and js. The
// rest of the package works everywhere. GODEBUG=zio has no influence on it.
package zio
