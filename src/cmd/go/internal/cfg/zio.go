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

// zioRev holds the revision of the GOROOT and the key of its tools. Both are ""
// in a GOROOT that ziobuild did not assemble.
//
// They come from a file and are not compiled in, so that one go command serves
// every GOROOT whose tools are the same.
var zioRev = sync.OnceValue(func() (rev struct{ tree, tools string }) {
	data, err := os.ReadFile(filepath.Join(GOROOT, "zio.rev"))
	if err != nil {
		return
	}
	if f := strings.Fields(string(data)); len(f) == 3 && f[0] == "zio" {
		rev.tree, rev.tools = f[1], "-zio-"+f[2]
	}
	return
})

// ZioRev returns the revision of the GOROOT, which binaries carry as the build
// setting "zio".
func ZioRev() string { return zioRev().tree }

// ZioToolKey returns what to append to the version of the tools where it has to
// tell them from those of other toolchains, as in the salt of the build cache.
func ZioToolKey() string { return zioRev().tools }
