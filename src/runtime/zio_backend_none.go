// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build (unix && !linux) || (js && wasm) || wasip1 || windows

package runtime

import "unsafe"

// Systems that have no backend yet use upstream's poller: the core is compiled,
// and off. These are all the functions that a backend defines, see zio.go.

const zioHave = false

type zioRing struct{ _ uintptr }

type zioFlight struct{ _ uintptr }

type zioSetEntry struct{}

func zioNone() { throw("zio: no backend") }

func zioBackendInit() {}

func zioPrepare() { zioNone() }

func zioCapability(code uint8) uint8 { return zioNo }

func zioOpen(fd uintptr, pd *pollDesc) uintptr { zioNone(); return 0 }

func zioClosed(fd uintptr, pd *pollDesc) { zioNone() }

func zioLevelTriggered() bool { return false }

func zioArm(pd *pollDesc, mode int) { zioNone() }

func zioNetpoll(delay int64) (gList, int32) { zioNone(); return gList{}, 0 }

func zioSysmonReady(ns int64) bool { zioNone(); return false }

func zioRingNew() *zioRing { return nil }

func zioRingStats(s *zioStats) {}

func zioFlightNew() *zioFlight { return nil }

func zioLaunched(f *zioFlight) uint32 { return 0 }

//go:nowritebarrier
func zioLaunch(b *zioBatch, toRun *gList) { zioNone() }

//go:nowritebarrier
func zioCancel(op *zioOp) { zioNone() }

//go:nowritebarrier
func zioPerform(b *zioBatch, toRun *gList) { zioNone() }

//go:nosplit
func zioRecv(fd int32, buf unsafe.Pointer, n uint32) int { zioNone(); return 0 }

//go:nosplit
func zioSend(fd int32, buf unsafe.Pointer, n uint32) int { zioNone(); return 0 }

func zioThreadTime(mp *m) int64 { return 0 }
