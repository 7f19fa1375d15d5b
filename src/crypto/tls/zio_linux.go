// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package tls

import _ "unsafe" // for linkname

// zioDrained reports whether Read of c would begin with a read of the
// connection below: nothing is buffered, no error is kept, and nobody reads.
// Package net/http uses it.
//
//go:linkname zioDrained
func zioDrained(c *Conn) bool {
	if !c.isHandshakeComplete.Load() || !c.in.TryLock() {
		return false
	}
	defer c.in.Unlock()
	return c.in.err == nil && c.input.Len() == 0 && c.rawInput.Len() == 0 && c.hand.Len() == 0
}
