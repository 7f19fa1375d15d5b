package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	zio "github.com/zio-go/zio"
	"github.com/zio-go/zio/cmd/ziobuild/internal/goroot"
	"github.com/zio-go/zio/cmd/ziobuild/internal/patchset"
)

// The caller's PATH and the go command in it. TestMain sets them on systems
// where it puts a toy go command first.
var realPath, realGo string

func embeddedInputs(t *testing.T, platform string) *goroot.Inputs {
	t.Helper()
	in, err := goroot.ReadInputs(zio.Files, platform, nil)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// TestPatchVerify is 'ziobuild patch verify' on the real series. It downloads
// the base release where that is not on the machine yet.
func TestPatchVerify(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the base release; not in -short")
	}
	checkout, err := findCheckout()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("ZIOBUILD_GO", realGo)
	a := newApp(os.DirFS(checkout))
	in, tree, err := a.baseTree()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(checkout, "patches", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	r := patchset.Verify(tree, in.Series, in.Overlay, string(readme))
	for _, w := range r.Warnings {
		t.Log(w)
	}
	for _, p := range r.Problems {
		t.Error(p)
	}
}

// TestChangelog: the changes say which release GOBASE names.
func TestChangelog(t *testing.T) {
	checkout, err := findCheckout()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(checkout, "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	release := embeddedInputs(t, newApp(nil).platform).Pin.Release
	if want := "Base: Go " + strings.TrimPrefix(release, "go") + ". "; !strings.Contains(string(data), want) {
		t.Errorf("CHANGELOG.md does not say %q", want)
	}
}
