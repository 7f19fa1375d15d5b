// Package suite runs test suites with the patched toolchain on each backend and
// with the base release, and compares the results.
package suite

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zio-go/zio/internal/toolchain"
)

// Base is the name of the side that the others are compared with.
const Base = "base"

// Backends are the sides that use the patched toolchain.
var Backends = []string{"io_uring", "epoll", "poll", "off"}

// A Toolchain is a go command and the environment that it needs.
type Toolchain struct {
	Go     string // the command
	GOROOT string
	env    []string
}

// A Side is a toolchain with a backend.
type Side struct {
	Name string // Base or a backend, perhaps with InScope
	*Toolchain
}

// InScope is what follows a backend in the name of a side where every goroutine is in a
// scope of package zio that is never canceled.
const InScope = "+scope"

// Env returns the environment of the side's go command.
func (s *Side) Env() []string {
	env := slices.Clone(s.env)
	backend, scoped := strings.CutSuffix(s.Name, InScope)
	if scoped {
		backend += ",zioscope=1"
	}
	if s.Name != Base {
		env = append(env, "GODEBUG=zio="+backend)
	}
	return env
}

// ID says which toolchain and backend results belong to.
func (s *Side) ID() string {
	return s.Name + " " + s.GOROOT
}

// Sides returns the base and the named backends. zio and base are go commands;
// where they are empty, ziobuild assembles the one, and the go command fetches
// the other.
func Sides(names, zio, base string) ([]*Side, error) {
	var list []string
	for name := range strings.SplitSeq(names, ",") {
		if name = strings.TrimSpace(name); name == "" || name == Base {
			continue
		}
		if !slices.Contains(Backends, strings.TrimSuffix(name, InScope)) {
			return nil, fmt.Errorf("no side %q: use %s, and %s behind one of them", name, strings.Join(Backends, ", "), InScope)
		}
		list = append(list, name)
	}
	if zio == "" || base == "" {
		root, release, err := assembled()
		if err != nil {
			return nil, err
		}
		if zio == "" {
			zio = filepath.Join(root, "bin", "go")
		}
		if base == "" {
			goroot, err := toolchain.Fetch(release)
			if err != nil {
				return nil, err
			}
			base = filepath.Join(goroot, "bin", "go")
		}
	}
	baseTC, err := newToolchain(base, "")
	if err != nil {
		return nil, err
	}
	zioTC, err := newToolchain(zio, baseTC.gocache())
	if err != nil {
		return nil, err
	}
	sides := []*Side{{Base, baseTC}}
	for _, name := range list {
		sides = append(sides, &Side{name, zioTC})
	}
	return sides, nil
}

// assembled returns the patched GOROOT and the release that it is based on.
func assembled() (root, release string, err error) {
	checkout, err := toolchain.Checkout()
	if err != nil {
		return "", "", err
	}
	if release, err = toolchain.Release(checkout); err != nil {
		return "", "", err
	}
	dir, err := os.MkdirTemp("", "zio-suite-")
	if err != nil {
		return "", "", err
	}
	defer os.RemoveAll(dir)
	ziobuild, err := toolchain.Ziobuild(checkout, dir)
	if err != nil {
		return "", "", err
	}
	cmd := exec.Command(ziobuild, "setup")
	cmd.Dir, cmd.Stderr = checkout, os.Stderr
	cmd.Env = toolchain.Env("GOROOT", "GOTOOLCHAIN")
	out, err := cmd.Output()
	if err != nil {
		return "", "", fmt.Errorf("ziobuild setup: %w", err)
	}
	return strings.TrimSpace(string(out)), release, nil
}

// newToolchain asks a go command where it lives. Its build cache must not be
// other: both releases have the same version string.
func newToolchain(command, other string) (*Toolchain, error) {
	t := &Toolchain{Go: command, env: append(cleanEnv(), "GOTOOLCHAIN=local")}
	cmd := exec.Command(command, "env", "-json", "GOROOT", "GOCACHE")
	cmd.Dir = os.TempDir()
	cmd.Env = t.env
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s env: %w", command, err)
	}
	var vars struct{ GOROOT, GOCACHE string }
	if err := json.Unmarshal(out, &vars); err != nil {
		return nil, fmt.Errorf("%s env: %w", command, err)
	}
	if vars.GOCACHE == other {
		vars.GOCACHE = filepath.Join(other, "zio-tests")
	}
	t.GOROOT = vars.GOROOT
	// Tests that run a go command find the one that runs them.
	path := filepath.Join(t.GOROOT, "bin") + string(filepath.ListSeparator) + os.Getenv("PATH")
	t.env = append(t.env, "GOCACHE="+vars.GOCACHE, "PATH="+path)
	return t, nil
}

func (t *Toolchain) gocache() string {
	for _, kv := range t.env {
		if dir, ok := strings.CutPrefix(kv, "GOCACHE="); ok {
			return dir
		}
	}
	return ""
}

// cleanEnv is the environment without what would make a side differ from what
// its name says.
func cleanEnv() []string {
	return toolchain.Env("GODEBUG", "GOROOT", "GOTOOLCHAIN", "GOFLAGS", "GOTRACEBACK", "GOWORK")
}
