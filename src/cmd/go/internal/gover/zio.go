// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package gover

import (
	"cmd/go/internal/cfg"
	"strings"
)

// ZioOnly is the end of an error message about something that needs a newer
// Go. It is "" in a GOROOT that ziobuild did not assemble, and where cmd/go's
// own tests play another release.
func ZioOnly() string {
	if cfg.ZioRev() == "" || TestVersion != "" {
		return ""
	}
	return "; ziobuild has " + LocalToolchain() + " only: lower the go line, get a ziobuild for a newer release, or build with stock go"
}

// ZioWork is the same for an error that goes on to say how to get that Go.
func ZioWork(goVersion string) string {
	if Compare(goVersion, Local()) <= 0 {
		return ""
	}
	return strings.Replace(ZioOnly(), "; ", "\n\tbut ", 1)
}
