// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import _ "unsafe" // for go:linkname

// GODEBUG=ziostress=N delays what would be a race if it came at another time: one
// call of zioStress in four takes up to N microseconds. The calls are where a
// wait is published, where it is decided who ends it, and before a goroutine
// is resumed.

// zioStress delays. It may be called wherever a lock may be waited for.
func zioStress() {
	if n := debug.ziostress; n > 0 {
		zioStressDelay(uint32(n))
	}
}

// zioScopeStress is zioStress for package zio.
//
//go:linkname zioScopeStress zio.runtime_stress
func zioScopeStress() { zioStress() }

func zioStressDelay(n uint32) {
	switch cheaprandn(8) {
	case 0:
		procyield(cheaprandn(200))
	case 1:
		osyield()
	case 2:
		usleep(cheaprandn(n) + 1)
	}
}
