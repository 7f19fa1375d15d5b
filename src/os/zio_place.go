// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix || (js && wasm) || wasip1 || windows

package os

import (
	"internal/poll"
	"syscall"
)

// Operations on paths that block hold a thread each, and take one of the places of the
// runtime's pool; see internal/poll.

// zioHere is the directory that relative paths begin at.
const zioHere = -100 // AT_FDCWD

// zioOpening is ignoringEINTR for a call that opens name, as seen from the directory that
// dirfd is open on.
func zioOpening(dirfd int, name string, fn func() error) error {
	if err := poll.ZioEnterOpen(dirfd, name); err != nil {
		return err
	}
	err := zioIgnoringEINTR(fn)
	poll.ZioLeave()
	return err
}

// zioIgnoringEINTR is ignoringEINTR for what needs no place: it does not wait, or it waits
// for a process.
func zioIgnoringEINTR(fn func() error) error {
	for {
		if err := fn(); err != syscall.EINTR {
			return err
		}
	}
}
