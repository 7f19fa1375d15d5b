// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package poll

// ScopeError returns the error of an operation of this goroutine that its scope
// has canceled: interrupted says whether it was waiting then. Package zio sets it;
// without that package there are no scopes.
var ScopeError func(interrupted bool) error

// Codes of runtime_pollReset and runtime_pollWait, beside those of upstream. These
// must match the values in runtime/zio_scope_netpoll.go.
const (
	pollErrCanceled = 4
	pollErrRefused  = 5
)

// ScopeCanceled reports whether err says that a scope canceled the operation. It is
// nil without package zio.
var ScopeCanceled func(err error) bool

// ScopeAfter calls f, in a goroutine of its own, with the error of an operation that
// the scope of this goroutine refuses, when that scope is canceled, unless
// stop is called before. It returns nil if there is no scope. It is nil without
// package zio.
var ScopeAfter func(f func(err error)) (stop func())

// CancelWithScope has cancel called when the scope of this goroutine is canceled,
// and returns what is to be called instead of cancel. It is for a context that ends
// with its work, whoever waits for it.
func CancelWithScope(cancel func(error)) func(error) {
	if ScopeAfter == nil {
		return cancel
	}
	stop := ScopeAfter(cancel)
	if stop == nil {
		return cancel
	}
	return func(err error) {
		stop()
		cancel(err)
	}
}
