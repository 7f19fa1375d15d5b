package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/zio-go/zio/cmd/ziobuild/internal/ioprobe"
	"github.com/zio-go/zio/cmd/ziobuild/internal/runner"
)

// mainErr runs one command line. Words that are not ziobuild's own go to the
// go command as they are.
func (a *app) mainErr(args []string) error {
	if os.Getenv(probeVar) != "" {
		return json.NewEncoder(a.stdout).Encode(ioprobe.Probe())
	}
	if os.Getenv(runner.Helper) != "" {
		return runner.RunHelper(args)
	}
	if err := checkLoop(); err != nil {
		return err
	}
	if len(args) == 0 {
		a.printHelp(a.stderr)
		return exitCode(2)
	}
	switch verb, rest := args[0], args[1:]; verb {
	case "setup":
		return a.setup(rest)
	case "env":
		return a.env(rest)
	case "doctor":
		return a.doctor(rest)
	case "bug":
		return a.bug(rest)
	case "cache":
		return a.cacheCmd(rest)
	case "patch":
		return a.patch(rest)
	case "matrix":
		return a.matrix(rest)
	case "version":
		if len(rest) == 0 {
			return a.version()
		}
	case "help", "-h", "-help", "--help":
		return a.help(rest)
	case "go":
		return a.passThrough(rest)
	}
	return a.passThrough(args)
}

// passThrough runs the patched go command, or with ZIOBUILD_BYPASS the stock one.
func (a *app) passThrough(args []string) error {
	if bypassed() {
		return a.bypass(args)
	}
	root, env, err := a.goEnv()
	if err != nil {
		return err
	}
	debugf("%s %q", goPath(root), args)
	return execGo(goPath(root), args, env)
}

// goEnv checks the caller's settings, sees to the tree, and returns both it
// and the environment for its go command.
func (a *app) goEnv() (root string, env []string, err error) {
	in, err := a.inputs()
	if err != nil {
		return "", nil, err
	}
	cache, err := a.cache()
	if err != nil {
		return "", nil, err
	}
	if err := a.checkEnv(in.Pin.Release, cache); err != nil {
		return "", nil, err
	}
	if root, err = a.root(); err != nil {
		return "", nil, err
	}
	return root, childEnv(os.Environ(), root, cache), nil
}

func bypassed() bool {
	v := os.Getenv("ZIOBUILD_BYPASS")
	return v != "" && v != "0"
}

// bypass runs the go command of the unpatched base release.
func (a *app) bypass(args []string) error {
	in, err := a.inputs()
	if err != nil {
		return err
	}
	goCmd, err := a.bootstrap()
	if err != nil {
		return err
	}
	env := append(stockEnv(in.Pin.Release), bypassGuard+"="+strconv.Itoa(os.Getpid()))
	debugf("bypass: GOTOOLCHAIN=%s %s %q", in.Pin.Release, goCmd, args)
	return execGo(goCmd, args, env)
}

// stockEnv makes the bootstrap go command the one of a release. A run inside of a
// patched one must find the stock go in PATH too.
func stockEnv(release string) []string {
	return append(dropEnv(os.Environ(), "GOROOT", "GOTOOLCHAIN", "PATH", bypassGuard), "GOTOOLCHAIN="+release, "PATH="+stockPath())
}

func dropEnv(env []string, names ...string) []string {
	var out []string
next:
	for _, kv := range env {
		for _, n := range names {
			if len(kv) > len(n) && kv[len(n)] == '=' && envEqual(kv[:len(n)], n) {
				continue next
			}
		}
		out = append(out, kv)
	}
	return out
}

// goPath is the go command of a GOROOT.
func goPath(root string) string {
	name := "go"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(root, "bin", name)
}
