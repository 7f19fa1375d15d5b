// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package io

import _ "unsafe" // for go:linkname

// zioScopeDone returns a channel that is closed when the scope of the goroutine is
// canceled, nil if there is no scope. Package zio sets it, and zioScopeError, which
// returns the error of an operation that was canceled: interrupted says whether it was
// waiting then. Without that package there are no scopes.
//
//go:linkname zioScopeDone
var zioScopeDone func() <-chan struct{}

//go:linkname zioScopeError
var zioScopeError func(interrupted bool) error

// zioDone returns what ends a wait of a pipe, and an error if it is not to begin.
func zioDone() (done <-chan struct{}, err error) {
	if zioScopeDone == nil {
		return nil, nil
	}
	done = zioScopeDone()
	select {
	case <-done:
		return nil, zioScopeError(false)
	default:
		return done, nil
	}
}
