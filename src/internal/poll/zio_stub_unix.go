// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build (unix && !linux) || (js && wasm) || wasip1

package poll

import "syscall"

func (fd *FD) zioReadCall(p []byte) (int, error) {
	return ignoringEINTRIO(syscall.Read, fd.Sysfd, p)
}

func (fd *FD) zioWriteCall(p []byte) (int, error) {
	return ignoringEINTRIO(syscall.Write, fd.Sysfd, p)
}

func (fd *FD) zioDirentCall(buf []byte) (int, error) {
	return ignoringEINTRIO(syscall.ReadDirent, fd.Sysfd, buf)
}

func (fd *FD) zioSendEnter(src int) error { return nil }

func zioCopyEnter(dst, src *FD) error { return nil }

func zioLeave() {}
