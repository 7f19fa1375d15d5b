// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package syscall

import (
	"internal/asan"
	"internal/msan"
	"internal/race"
	"unsafe"
)

// What Read and Write do for the race detector and the sanitizers, for I/O that
// the runtime's submission core performed. Called by internal/poll.

//go:linkname zioDidRead
func zioDidRead(p []byte) {
	if race.Enabled {
		if len(p) > 0 {
			race.WriteRange(unsafe.Pointer(&p[0]), len(p))
		}
		race.Acquire(unsafe.Pointer(&ioSync))
	}
	if msan.Enabled && len(p) > 0 {
		msan.Write(unsafe.Pointer(&p[0]), uintptr(len(p)))
	}
	if asan.Enabled && len(p) > 0 {
		asan.Write(unsafe.Pointer(&p[0]), uintptr(len(p)))
	}
}

//go:linkname zioWillWrite
func zioWillWrite() {
	if race.Enabled {
		race.ReleaseMerge(unsafe.Pointer(&ioSync))
	}
}

//go:linkname zioDidWrite
func zioDidWrite(p []byte) {
	if race.Enabled && len(p) > 0 {
		race.ReadRange(unsafe.Pointer(&p[0]), len(p))
	}
	if msan.Enabled && len(p) > 0 {
		msan.Read(unsafe.Pointer(&p[0]), uintptr(len(p)))
	}
	if asan.Enabled && len(p) > 0 {
		asan.Read(unsafe.Pointer(&p[0]), uintptr(len(p)))
	}
}
