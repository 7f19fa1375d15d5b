package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/zio-go/zio/cmd/ziobuild/internal/goroot"
)

// checkEnv refuses settings of the caller that would silently put another
// toolchain in place of the patched one.
func (a *app) checkEnv(release string, cache goroot.Cache) error {
	if err := checkToolchain(os.Getenv("GOTOOLCHAIN"), release); err != nil {
		return err
	}
	if err := checkGOROOT(os.Getenv("GOROOT"), cache); err != nil {
		return err
	}
	return checkGoEnvFile(release)
}

// checkGoEnvFile refuses the same in the user's go/env file, where 'go env -w'
// puts it: the patched go command would obey it.
func checkGoEnvFile(release string) error {
	file := os.Getenv("GOENV")
	if file == "off" {
		return nil
	}
	if file == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return nil
		}
		file = filepath.Join(dir, "go", "env")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(data)) {
		name, v, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch {
		case name == "GOROOT" && v != "":
			return fmt.Errorf("GOROOT=%s is set in %s, but ziobuild brings its own: run 'go env -u GOROOT'", v, file)
		case name == "GOTOOLCHAIN" && os.Getenv("GOTOOLCHAIN") == "" && checkToolchain(v, release) != nil:
			return fmt.Errorf("GOTOOLCHAIN=%s is set in %s, but ziobuild only has %s: run 'go env -u GOTOOLCHAIN', or set GOTOOLCHAIN=local for this command", v, file, release)
		}
	}
	return nil
}

// checkToolchain accepts the values that name no other release. Those that
// allow a switch where a module asks for one, as Go's default does, are taken
// as local: then it is the module's demand that gives an error.
func checkToolchain(v, release string) error {
	name, _, _ := strings.Cut(v, "+")
	switch name {
	case "", "local", "auto", "path", release:
		return nil
	}
	return fmt.Errorf("GOTOOLCHAIN=%s is set, but ziobuild only has %s: run 'unset GOTOOLCHAIN', or ZIOBUILD_BYPASS=1 to build with stock Go", v, release)
}

// checkGOROOT accepts a GOROOT that the caller did not choose: the one of an
// assembled tree (a ziobuild inside of a test), or of the module cache, which a
// stock go command sets when it switches toolchains (go run ./cmd/ziobuild).
func checkGOROOT(dir string, cache goroot.Cache) error {
	if dir == "" || goroot.IsAssembled(dir) ||
		strings.HasPrefix(filepath.Base(dir), "toolchain@v0.0.1-go") {
		return nil
	}
	return fmt.Errorf("GOROOT=%s is set, but ziobuild brings its own: run 'unset GOROOT', or ZIOBUILD_BYPASS=1 to build with stock Go", dir)
}

// childEnv returns the environment of the patched go command.
//
// PATH begins with its folder, so that a nested go is the patched one too.
// GOROOT is not set: the command knows where it is, and a GOROOT would mislead
// a stock go command that a test starts.
func childEnv(env []string, root string, cache goroot.Cache) []string {
	bin := filepath.Join(root, "bin")
	out := make([]string, 0, len(env)+3)
	path := bin
	gocache := false
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		switch {
		case envEqual(name, "PATH"):
			path = prependPath(bin, value)
			continue
		case envEqual(name, "GOROOT"), envEqual(name, "GOTOOLCHAIN"):
			continue
		case envEqual(name, "GOCACHE"):
			gocache = value != ""
		}
		out = append(out, kv)
	}
	out = append(out, "PATH="+path, "GOTOOLCHAIN=local")
	// go.env of the assembled tree names the build cache. Only where that is
	// a shared one that this user cannot write, another has to be named.
	if !gocache && !writable(cache.GOCACHE()) {
		if dir, err := os.UserCacheDir(); err == nil {
			out = append(out, "GOCACHE="+filepath.Join(dir, "ziobuild", "gocache"))
		}
	}
	return out
}

// prependPath puts dir first and removes it elsewhere.
func prependPath(dir, path string) string {
	dirs := []string{dir}
	for _, d := range filepath.SplitList(path) {
		if d != dir {
			dirs = append(dirs, d)
		}
	}
	return strings.Join(dirs, string(filepath.ListSeparator))
}

// bootstrapEnv is the environment of the go command that fetches the base:
// the user's, but for settings that are meant for the user's own build. Of
// GOFLAGS only -modcacherw has a say in how the module cache is written.
func bootstrapEnv(env []string) []string {
	var out []string
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		switch {
		case envEqual(name, "GOFLAGS"):
			if strings.Contains(value, "-modcacherw") {
				out = append(out, "GOFLAGS=-modcacherw")
			} else {
				out = append(out, "GOFLAGS=")
			}
		case envEqual(name, "GOOS"), envEqual(name, "GOARCH"), envEqual(name, "GOEXPERIMENT"), envEqual(name, "GODEBUG"):
		default:
			out = append(out, kv)
		}
	}
	return out
}

func envEqual(a, b string) bool {
	if runtime.GOOS == "windows" {
		return strings.EqualFold(a, b)
	}
	return a == b
}
