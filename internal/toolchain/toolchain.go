// Package toolchain finds what tests and benchmarks compare: the base release and
// the patched toolchain of this checkout.
package toolchain

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Checkout returns the root of the checkout that holds the current folder.
func Checkout() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if exists(filepath.Join(dir, "go.mod")) && exists(filepath.Join(dir, "GOBASE")) {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("run this inside the checkout")
		}
		dir = up
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// Release returns the upstream release that a checkout patches.
func Release(checkout string) (string, error) {
	data, err := os.ReadFile(filepath.Join(checkout, "GOBASE"))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == "release" {
			return f[1], nil
		}
	}
	return "", errors.New("GOBASE has no release line")
}

// Host returns the go command that runs this program, or the one in PATH.
func Host() string {
	if root := os.Getenv("GOROOT"); root != "" {
		if name := filepath.Join(root, "bin", "go"); exists(name) {
			return name
		}
	}
	return "go"
}

// Env returns the environment without variables that would make a toolchain
// differ from what its name says. A go command that runs this program has set
// some of them.
func Env(drop ...string) []string {
	return slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(drop, name)
	})
}

// Ziobuild builds the command ziobuild of a checkout in dir and returns its name.
func Ziobuild(checkout, dir string) (string, error) {
	name := filepath.Join(dir, "ziobuild")
	cmd := exec.Command(Host(), "build", "-o", name, "./cmd/ziobuild")
	cmd.Dir = checkout
	cmd.Env = Env("GODEBUG", "GOMAXPROCS", "GOFLAGS")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building ziobuild: %v\n%s", err, out)
	}
	return name, nil
}

// Fetch returns the GOROOT of an upstream release, which the go command fetches
// where it is not on this machine.
func Fetch(release string) (string, error) {
	cmd := exec.Command(Host(), "env", "GOROOT")
	cmd.Dir = os.TempDir() // outside of any module, which could ask for another
	cmd.Env = append(Env("GODEBUG", "GOROOT", "GOTOOLCHAIN", "GOFLAGS", "GOWORK"), "GOTOOLCHAIN="+release)
	out, err := cmd.Output()
	if err != nil {
		var ee *exec.ExitError
		if errors.As(err, &ee) {
			err = fmt.Errorf("%v: %s", err, strings.TrimSpace(string(ee.Stderr)))
		}
		return "", fmt.Errorf("fetching %s: %w", release, err)
	}
	return strings.TrimSpace(string(out)), nil
}
