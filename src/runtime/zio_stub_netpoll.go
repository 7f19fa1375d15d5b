// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build (unix && !linux) || (js && wasm) || wasip1 || windows

package runtime

// The hooks in netpoll.go, which not every system has.

type zioDesc struct{}

func (z *zioDesc) reset() {}

func (z *zioDesc) touched() {}

func zioLevelTriggered() bool { return false }

func zioArm(pd *pollDesc, mode int) {}

func zioClosed(fd uintptr, pd *pollDesc) {}

func zioCountWait(which int) {}

func zioFire(pd *pollDesc) {}

func zioFireReady(toRun *gList, pd *pollDesc) int32 { return 0 }
