// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build linux && (mips64 || mips64le)

package runtime

const (
	_ECANCELED = 158

	_SYS_sendto        = 5043
	_SYS_recvfrom      = 5044
	_SYS_clock_gettime = 5222
	_SYS_ppoll         = 5261
)
