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
