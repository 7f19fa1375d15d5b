// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio

import "internal/godebug"

var zioscope = godebug.New("zioscope")

// With GODEBUG=zioscope=1 every goroutine of the program is in a scope, which is never
// canceled. It is for tests: a program must not notice.
func init() {
	if zioscope.Value() == "1" {
		runtime_everybody(&scope{pinned: true})
	}
}
