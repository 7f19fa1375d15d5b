// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build !linux

package poll

// zioState is nearly empty on systems whose submission core is upstream's poller.
type zioState struct {
	on, handed, regular bool
}

func (fd *FD) zioInit(net string) {}

func (fd *FD) zioShared() {}

// ZioFile does nothing.
func (fd *FD) ZioFile() {}

// ZioAccepted does nothing.
func (fd *FD) ZioAccepted(ln *FD) {}

func (fd *FD) zioRead(p []byte) (n int, err error, ok bool) { return 0, nil, false }

func (fd *FD) zioWrite(p []byte) (n int, err error, ok bool) { return 0, nil, false }

func (fd *FD) zioReadBlocking(p []byte) (n int, err error, ok bool) { return 0, nil, false }

func (fd *FD) zioWriteBlocking(p []byte) (n int, err error, ok bool) { return 0, nil, false }

func (fd *FD) zioPread(p []byte, off int64) (n int, err error, ok bool) { return 0, nil, false }

func (fd *FD) zioPwrite(p []byte, off int64) (n int, err error, ok bool) { return 0, nil, false }

func (fd *FD) zioFsync() (err error, ok bool) { return nil, false }

// ZioEnterPath does nothing.
func ZioEnterPath() error { return nil }

// ZioEnterOpen does nothing.
func ZioEnterOpen(dirfd int, name string) error { return nil }

// ZioLeave does nothing.
func ZioLeave() {}

func (fd *FD) zioDeadline() uintptr { return 0 }

func (fd *FD) zioEvict() {}

func (fd *FD) zioDestroy() {}

// A ZioWatch does not exist on these systems.
type ZioWatch struct{}

// NewZioWatch returns nil.
func NewZioWatch(fd *FD, start func()) *ZioWatch { return nil }

// Begin is never called.
func (w *ZioWatch) Begin() bool { return false }

// End is never called.
func (w *ZioWatch) End() bool { return false }

// Read is never called.
func (w *ZioWatch) Read() {}
