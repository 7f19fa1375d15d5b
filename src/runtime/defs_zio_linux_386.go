// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

const (
	_ECANCELED = 125

	_SYS_sendto        = 369
	_SYS_recvfrom      = 371
	_SYS_clock_gettime = 265
	_SYS_ppoll         = 309
)
