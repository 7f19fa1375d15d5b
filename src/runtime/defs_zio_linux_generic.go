// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build linux && (arm64 || loong64 || riscv64)

package runtime

const (
	_ECANCELED = 125

	_SYS_sendto        = 206
	_SYS_recvfrom      = 207
	_SYS_clock_gettime = 113
	_SYS_ppoll         = 73
)
