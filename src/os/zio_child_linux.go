// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package os

import (
	"internal/poll"
	"internal/syscall/unix"
	"sync"
	"syscall"
)

// Waiting for a child without a thread: a pidfd becomes readable when the
// process has ended, see pidfd_open(2), and the runtime poller waits for that.

// zioChild is the part of a processHandle that the runtime poller knows.
type zioChild struct {
	mu    sync.Mutex
	tried bool     // the poller was asked to take the pidfd
	fd    *poll.FD // nil if it did not; owns the pidfd if it did
}

// watch returns what waits for the pidfd, nil if the caller is to block. With the
// submission core off, only who is in a scope, which may end the wait, does not.
func (ph *processHandle) watch() *poll.FD {
	c := &ph.zio
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.tried && poll.ZioParks() {
		c.tried = true
		fd := &poll.FD{Sysfd: int(ph.handle)}
		if fd.ZioInit() {
			c.fd = fd
		}
	}
	return c.fd
}

// waitid is waitid(2) for the process of the handle to end. If ok is false,
// nothing was done, and the caller must block in the system call.
//
// The first call that finds the process ended reaps it, the others get ECHILD.
func (ph *processHandle) waitid(info *unix.SiginfoChild, rusage *syscall.Rusage) (err error, ok bool) {
	ended := func() bool {
		*info = unix.SiginfoChild{}
		err = zioIgnoringEINTR(func() error {
			return unix.Waitid(unix.P_PIDFD, int(ph.handle), info, syscall.WEXITED|syscall.WNOHANG, rusage)
		})
		return err != nil || info.Pid != 0
	}
	// Most children end soon, and the poller need not know them.
	if poll.ZioLinger(int(ph.handle)) && ended() {
		return err, true
	}
	fd := ph.watch()
	if fd == nil {
		return nil, false
	}
	perr := fd.RawRead(func(uintptr) bool { return ended() })
	if perr != nil {
		// The process is as it was. Without a cancel the poller gave up.
		return perr, poll.ScopeCanceled != nil && poll.ScopeCanceled(perr)
	}
	return err, true
}

// closePidfd closes the pidfd.
func (ph *processHandle) closePidfd() {
	if ph.zio.fd != nil {
		ph.zio.fd.Close()
		return
	}
	syscall.Close(int(ph.handle))
}
