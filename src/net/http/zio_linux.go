// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package http

import (
	"crypto/tls"
	"internal/poll"
	"net"
	_ "unsafe" // for linkname
)

// While a handler runs, the server reads in the background to find out whether
// the client has gone. That costs a goroutine, its wakeups and two changes of a
// deadline for each request, and most of the time nothing comes. So where the
// submission core is in use, the connection is watched instead, and the
// background read starts when it would not wait: when there is something to
// read, the read deadline passes, or the connection is closed.

// zioWatch is the part of a connReader that watches. Connections of types
// other than those of package net and crypto/tls, whose Read a program could see,
// are not watched.
type zioWatch struct {
	w     *poll.ZioWatch // nil if the connection cannot be watched; constant once known is set
	tls   *tls.Conn      // nil if there is none; likewise
	known bool           // protected by connReader.mu
	on    bool           // a watch has begun and its read has not; protected by connReader.mu
}

//go:linkname net_zioPollFD net.zioPollFD
func net_zioPollFD(c net.Conn) *poll.FD

//go:linkname tls_zioDrained crypto/tls.zioDrained
func tls_zioDrained(c *tls.Conn) bool

// zioWatch watches the connection instead of reading in the background, and
// reports whether it does. It is called with cr.mu held, and inRead is set as for
// the read.
func (cr *connReader) zioWatch() bool {
	z := &cr.zio
	if !z.known {
		z.known = true
		c := cr.rwc
		if t, ok := c.(*tls.Conn); ok {
			z.tls = t
			c = t.NetConn()
		}
		if fd := net_zioPollFD(c); fd != nil {
			z.w = poll.NewZioWatch(fd, func() { go cr.backgroundRead() })
		}
	}
	z.on = z.w != nil && (z.tls == nil || tls_zioDrained(z.tls)) && z.w.Begin()
	return z.on
}

// zioUnwatch ends the watch, and reports whether it could: if not, there is no watch
// or its background read has started. It is called with cr.mu held.
func (cr *connReader) zioUnwatch() bool {
	if !cr.zio.on || !cr.zio.w.End() {
		return false
	}
	cr.zio.on = false
	return true
}

// zioRead begins a background read, which a watch may have started.
func (cr *connReader) zioRead() {
	if cr.zio.w == nil {
		return
	}
	cr.lock()
	on := cr.zio.on
	cr.zio.on = false
	cr.unlock()
	if on {
		cr.zio.w.Read()
	}
}
