// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package tls

import "internal/poll"

// zioCanceled reports whether err says that a scope of package zio canceled a read
// of the connection. Then nothing was taken from it that is not in rawInput, and the
// next read, of somebody else perhaps, goes on where this one was.
func zioCanceled(err error) bool {
	return poll.ScopeCanceled != nil && poll.ScopeCanceled(err)
}
