// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package sync

import "unsafe"

// runtime_zioShield takes the goroutine out of its scope of package zio, and
// runtime_zioUnshield, with the result, puts it back. What Once calls is done for all
// who come later.
func runtime_zioShield() unsafe.Pointer
func runtime_zioUnshield(s unsafe.Pointer)
