// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package net

import (
	"internal/poll"
	_ "unsafe" // for linkname
)

// zioPollFD returns the descriptor of a TCP or Unix connection, nil for
// connections of other types. Package net/http uses it.
//
//go:linkname zioPollFD
func zioPollFD(c Conn) *poll.FD {
	switch c := c.(type) {
	case *TCPConn:
		if c.ok() {
			return &c.fd.pfd
		}
	case *UnixConn:
		if c.ok() {
			return &c.fd.pfd
		}
	}
	return nil
}
