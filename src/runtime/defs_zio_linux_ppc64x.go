// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build linux && (ppc64 || ppc64le)

package runtime

const (
	_ECANCELED = 125

	_SYS_sendto        = 335
	_SYS_recvfrom      = 337
	_SYS_clock_gettime = 246
	_SYS_ppoll         = 281
)
