// Package suite runs test suites with the patched toolchain on each backend and
// with the base release, and compares the results.
package suite

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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
	Name string // Base or a backend
	*Toolchain
}

// Env returns the environment of the side's go command.
func (s *Side) Env() []string {
	env := slices.Clone(s.env)
	if s.Name != Base {
		env = append(env, "GODEBUG=zio="+s.Name)
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
		if !slices.Contains(Backends, name) {
			return nil, fmt.Errorf("no side %q: use %s", name, strings.Join(Backends, ", "))
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
			if base, err = released(release); err != nil {
				return nil, err
			}
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
	cmd := exec.Command("go", "run", "./cmd/ziobuild", "env", "ZIOROOT", "ZIOBASE")
	if cmd.Dir, err = Checkout(); err != nil {
		return "", "", err
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	fields := strings.Fields(string(out))
	if err == nil && len(fields) != 2 {
		err = fmt.Errorf("unexpected output %q", out)
	}
	if err != nil {
		return "", "", fmt.Errorf("ziobuild env: %w", err)
	}
	return fields[0], fields[1], nil
}

// released returns the go command of an upstream release.
func released(release string) (string, error) {
	cmd := exec.Command("go", "env", "GOROOT")
	cmd.Dir = os.TempDir() // outside of any module, which could ask for another
	cmd.Env = append(cleanEnv(os.Environ()), "GOTOOLCHAIN="+release)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("fetching %s: %w", release, err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "bin", "go"), nil
}

// Checkout returns the root of this module.
func Checkout() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	root := filepath.Dir(strings.TrimSpace(string(out)))
	if _, err := os.Stat(filepath.Join(root, "GOBASE")); err != nil {
		return "", errors.New("run this inside the checkout")
	}
	return root, nil
}

// newToolchain asks a go command where it lives. Its build cache must not be
// other: both releases have the same version string.
func newToolchain(command, other string) (*Toolchain, error) {
	t := &Toolchain{Go: command, env: append(cleanEnv(os.Environ()), "GOTOOLCHAIN=local")}
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

// cleanEnv drops what would make a side differ from what its name says. A go
// command that runs this program has set some of it.
func cleanEnv(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		switch name {
		case "GODEBUG", "GOROOT", "GOTOOLCHAIN", "GOFLAGS", "GOTRACEBACK", "GOWORK":
			return true
		}
		return false
	})
}
