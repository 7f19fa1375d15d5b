// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build (unix && !linux) || (js && wasm) || wasip1 || windows

package poll

func (fd *FD) zioMeta(fn func() error) error { return ignoringEINTR(fn) }
