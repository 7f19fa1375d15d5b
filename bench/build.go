package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/zio-go/zio/internal/toolchain"
)

// builder makes the programs of a run, each once, in a directory of its own.
type builder struct {
	root  string // of the module
	dir   string // where binaries go
	zio   string // the go command of the zio sides
	stock string // the go command of the others; empty: go at GOBASE's release
	made  map[string]string
}

func newBuilder(dir string) (*builder, error) {
	root, err := toolchain.Checkout()
	if err != nil {
		return nil, err
	}
	return &builder{root: root, dir: dir, made: map[string]string{}}, nil
}

// stockGo is the go command and the environment of the stock sides and of the
// driver.
func (b *builder) stockGo() (string, []string, error) {
	if b.stock != "" {
		return b.stock, []string{"GOTOOLCHAIN=local"}, nil
	}
	release, err := toolchain.Release(b.root)
	return "go", []string{"GOTOOLCHAIN=" + release}, err
}

// zioGo is the same of the zio sides.
func (b *builder) zioGo() (string, []string, error) {
	if b.zio == "" {
		bin, err := toolchain.Ziobuild(b.root, b.dir)
		if err != nil {
			return "", nil, err
		}
		b.zio = bin
	}
	if isZiobuild(b.zio) {
		return b.zio, nil, nil
	}
	// A bare go command of a patched GOROOT says that it is the base release.
	// The build cache believes that and must not be shared; neither must
	// the index of the standard library, which goes by the release's name.
	path, err := exec.LookPath(b.zio)
	if err != nil {
		return "", nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", nil, err
	}
	cache = filepath.Join(cache, "zio-bench", fmt.Sprintf("%x", sha256.Sum256([]byte(path)))[:16])
	return b.zio, []string{"GOTOOLCHAIN=local", "GOCACHE=" + cache, "GODEBUG=goindex=0"}, nil
}

func isZiobuild(cmd string) bool { return strings.HasPrefix(filepath.Base(cmd), "ziobuild") }

// goOf returns the go command of a kind of sides, and what to add to its
// environment.
func (b *builder) goOf(kind string) (cmd string, env []string, err error) {
	if kind == "zio" {
		return b.zioGo()
	}
	return b.stockGo()
}

// program builds a Go program of this module.
func (b *builder) program(kind, pkg string) (string, error) {
	out := filepath.Join(b.dir, kind, filepath.Base(pkg))
	return b.once(out, func() error {
		cmd, env, err := b.goOf(kind)
		if err != nil {
			return err
		}
		return b.run(b.root, env, cmd, "build", "-o", out, "./bench/"+pkg)
	})
}

// gnet builds the comparison in bench/gnet, which is a module of its own.
func (b *builder) gnet() (string, error) {
	out := filepath.Join(b.dir, "gnet")
	return b.once(out, func() error {
		cmd, env, err := b.stockGo()
		if err != nil {
			return err
		}
		return b.run(filepath.Join(b.root, "bench", "gnet"), append(env, "GOFLAGS="), cmd, "build", "-o", out, ".")
	})
}

// module builds a program that is a module of its own, since it uses others.
func (b *builder) module(kind, name string) (string, error) {
	out := filepath.Join(b.dir, kind, name)
	return b.once(out, func() error {
		cmd, env, err := b.goOf(kind)
		if err != nil {
			return err
		}
		return b.run(filepath.Join(b.root, "bench", name), append(env, "GOFLAGS="), cmd, "build", "-o", out, ".")
	})
}

// limit builds one of the C servers.
func (b *builder) limit(name string) (string, error) {
	out := filepath.Join(b.dir, name)
	return b.once(out, func() error {
		if _, err := exec.LookPath("cc"); err != nil {
			return errors.New("no C compiler (cc)")
		}
		return b.run(filepath.Join(b.root, "bench", "limits"), nil, "cc", "-O2", "-Wall", "-o", out, name+".c")
	})
}

func (b *builder) once(out string, make func() error) (string, error) {
	if msg, ok := b.made[out]; ok {
		if msg != "" {
			return "", errors.New(msg)
		}
		return out, nil
	}
	if err := make(); err != nil {
		b.made[out] = err.Error()
		return "", err
	}
	b.made[out] = ""
	return out, nil
}

func (b *builder) run(dir string, env []string, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
