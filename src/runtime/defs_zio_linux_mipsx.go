// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build linux && (mips || mipsle)

package runtime

const (
	_ECANCELED = 158

	_SYS_sendto        = 4180
	_SYS_recvfrom      = 4176
	_SYS_clock_gettime = 4263
	_SYS_ppoll         = 4302
)
