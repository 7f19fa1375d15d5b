// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package cfg

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// ZioRev returns the revision of the patched GOROOT, which binaries carry as
// the build setting "zio", and the key of its tools, which salts the build
// cache. Both are "" in a GOROOT that ziobuild did not assemble.
//
// They come from a file and are not compiled in, so that one go command serves
// every GOROOT whose tools are the same.
var zioRev = sync.OnceValue(func() [2]string {
	data, err := os.ReadFile(filepath.Join(GOROOT, "zio.rev"))
	if err != nil {
		return [2]string{}
	}
	f := strings.Fields(string(data))
	if len(f) != 3 || f[0] != "zio" {
		return [2]string{}
	}
	return [2]string{f[1], f[2]}
})

// ZioRev returns the revision of the GOROOT.
func ZioRev() string { return zioRev()[0] }

// ZioToolKey returns the key of the GOROOT's tools.
func ZioToolKey() string { return zioRev()[1] }
