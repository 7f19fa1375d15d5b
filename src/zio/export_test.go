// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio

// AfterFuncs returns how many functions wait to be called when the scope of t is canceled.
func AfterFuncs(t Token) int {
	n := t.s.node.Load()
	if n == nil {
		return 0
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.funcs)
}
