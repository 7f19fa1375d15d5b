// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build !linux

package http

// zioWatch is empty on systems whose submission core is upstream's poller.
type zioWatch struct{}

func (cr *connReader) zioWatch() bool { return false }

func (cr *connReader) zioUnwatch() bool { return false }

func (cr *connReader) zioRead() {}
