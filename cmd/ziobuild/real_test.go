//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestReal runs the scripts in testdata/real with the real base release and the
// real patches, in the user's own cache: what they assemble is what the next
// ziobuild of the checkout uses.
func TestReal(t *testing.T) {
	if testing.Short() {
		t.Skip("assembles the real GOROOT; not in -short")
	}
	if os.Getenv("GOPROXY") == "off" {
		a := newApp(nil)
		a.in = embeddedInputs(t, a.platform)
		t.Setenv("ZIOBUILD_GO", realGo)
		if f, err := a.finder(a.in); err == nil {
			if dir, err := f.Locate(); err == nil && dir == "" {
				t.Skip("the base release is not on this machine and GOPROXY=off")
			}
		}
	}
	cache, err := newApp(nil).cache()
	if err != nil {
		t.Fatal(err)
	}
	checkout, err := findCheckout()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/real",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                scriptCommands,
		Setup: func(env *testscript.Env) error {
			home, _ := os.UserHomeDir()
			for name, v := range map[string]string{
				"HOME": home, "ZIOBUILD_GO": realGo, "STOCKGO": realGo, "ZIOBUILD_CACHE": cache.Dir, "CHECKOUT": checkout,
				// ziobuild of this test, then the real go and the rest.
				"PATH": filepath.Dir(firstInPath(env.Getenv("PATH"))) + string(filepath.ListSeparator) + realPath,
			} {
				env.Setenv(name, v)
			}
			for _, name := range []string{"GOMODCACHE", "GOPATH", "GOPROXY", "GOSUMDB", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"} {
				if v, ok := os.LookupEnv(name); ok {
					env.Setenv(name, v)
				}
			}
			env.Setenv("GOFLAGS", "-buildvcs=false")
			out, err := exec.Command(realGo, "env", "GOMODCACHE", "GOPROXY", "GOCACHE").Output()
			if err != nil {
				return fmt.Errorf("go env: %w", err)
			}
			vars := strings.Fields(string(out))
			env.Setenv("HOST_MODCACHE", vars[0])
			env.Setenv("HOST_PROXY", vars[1])
			env.Setenv("HOST_GOCACHE", vars[2])
			env.Setenv("HOST_PATH", realPath)
			return nil
		},
	})
}

// firstInPath returns the ziobuild in that PATH.
func firstInPath(path string) string {
	for _, dir := range filepath.SplitList(path) {
		name := filepath.Join(dir, "ziobuild")
		if _, err := os.Stat(name); err == nil {
			return name
		}
	}
	return ""
}
