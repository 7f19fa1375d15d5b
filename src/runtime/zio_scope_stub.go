// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build !(unix || (js && wasm) || wasip1 || windows)

package runtime

// Systems without netpoll.go have no waits that can be canceled.

func zioScopeEnd(gp *g) bool { return false }
