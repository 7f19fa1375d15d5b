// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package toolchain

import (
	"cmd/go/internal/base"
	"cmd/go/internal/cfg"
	"cmd/go/internal/gover"
	"os"
	"strings"
)

// zioStay makes this go command the only toolchain where it is that of a GOROOT
// made by ziobuild: any other would build a program without zio. It returns the
// setting to go by.
//
// A setting that allows to switch where a module asks for it is taken as local,
// so that the module's demand gives its own error. One that names another
// release is an error here.
func zioStay(gotoolchain string) string {
	// The go command of cmd/go's own tests plays other releases.
	if cfg.ZioRev() == "" || gover.TestVersion != "" || TestVersionSwitch != "" {
		return gotoolchain
	}
	name, _, _ := strings.Cut(gotoolchain, "+")
	switch name {
	case "", "local", "auto", "path", gover.LocalToolchain():
	default:
		// "go env" must work, because it shows and undoes the setting.
		if len(os.Args) < 2 || os.Args[1] != "env" {
			undo := "unset GOTOOLCHAIN"
			if os.Getenv("GOTOOLCHAIN") == "" {
				undo = "go env -u GOTOOLCHAIN"
			}
			base.Fatalf("GOTOOLCHAIN=%s asks for another toolchain, but this go command is that of ziobuild, which has %s only: run '%s', or build with stock go",
				gotoolchain, gover.LocalToolchain(), undo)
		}
	}
	// For what looks at the setting later, as Switch does, and for the
	// programs that this command runs.
	os.Setenv("GOTOOLCHAIN", "local")
	return "local"
}
