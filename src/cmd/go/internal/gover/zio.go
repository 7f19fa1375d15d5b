// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package gover

import "cmd/go/internal/cfg"

// ZioOnly is the end of an error message about something that needs a newer
// Go. It is "" in a GOROOT that ziobuild did not assemble.
func ZioOnly() string {
	if cfg.ZioRev() == "" {
		return ""
	}
	return "; ziobuild has " + LocalToolchain() + " only: lower the go line, get a ziobuild for a newer release, or build with stock go"
}
