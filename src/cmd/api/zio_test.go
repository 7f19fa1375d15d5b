// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package main

import (
	"internal/testenv"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The API of package zio is what testdata/zio.txt says, on every system. The file is
// written with -updategolden. The releases that the base is one of come without api/*.txt,
// so it cannot be there.
func TestZio(t *testing.T) {
	if *flagCheck {
		t.Skip("skipping with -check set")
	}
	testenv.MustHaveGoBuild(t)
	golden := filepath.Join("testdata", "zio.txt")
	tried := map[string]bool{}
	for _, c := range contexts {
		if tried[c.GOOS] {
			continue
		}
		tried[c.GOOS] = true
		w := NewWalker(c, filepath.Join(testenv.GOROOT(t), "src"))
		pkg, err := w.import_("zio")
		if err != nil {
			t.Fatalf("%s: %v", contextName(c), err)
		}
		w.export(pkg)
		got := strings.Join(w.Features(), "\n") + "\n"
		if *updateGolden {
			if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: the API of package zio is not that of %s, but\n%s", contextName(c), golden, got)
		}
	}
}
