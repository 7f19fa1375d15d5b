package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/zio-go/zio/cmd/ziobuild/internal/base"
	"github.com/zio-go/zio/cmd/ziobuild/internal/goroot"
	"github.com/zio-go/zio/cmd/ziobuild/internal/progress"
)

// An app is one run of ziobuild.
type app struct {
	stdout, stderr io.Writer
	progress       *progress.Printer
	platform       string // GOOS-GOARCH of the host
	files          fs.FS  // GOBASE, patches/, src/

	// findBase finds the base release; tests put a toy in its place.
	findBase func(*app, *goroot.Inputs) (*base.Tree, error)

	in *goroot.Inputs // see inputs
}

func newApp(files fs.FS) *app {
	return &app{
		stdout:   os.Stdout,
		stderr:   os.Stderr,
		progress: progress.New(os.Stderr, isTerminal(os.Stderr)),
		platform: runtime.GOOS + "-" + runtime.GOARCH,
		files:    files,
		findBase: (*app).defaultBase,
	}
}

// inputs returns what the tree is made of.
func (a *app) inputs() (*goroot.Inputs, error) {
	if a.in == nil {
		in, err := goroot.ReadInputs(a.files, a.platform, a.askHash)
		if err != nil {
			return nil, err
		}
		a.in = in
	}
	return a.in, nil
}

// askHash returns the hash of the base release for this host where GOBASE has
// none: that of the public checksum database, which vouches for what the go
// command downloads, too. The answer is kept, because every run needs it.
func (a *app) askHash(pin *base.Pin) (string, error) {
	cache, err := a.cache()
	if err != nil {
		return "", err
	}
	if sum := cache.Hash(pin.Module(a.platform)); sum != "" {
		return sum, nil
	}
	f, err := a.finder(&goroot.Inputs{Pin: pin})
	if err != nil {
		return "", err
	}
	sums, missing, err := f.Sums(pin.Release, []string{a.platform})
	a.progress.Done()
	if err == nil && sums[a.platform] == "" {
		err = errors.New(missing[a.platform])
	}
	if err != nil {
		_, noHash := pin.Hash(a.platform)
		return "", fmt.Errorf("%w\n\tthe checksum database was asked for it: %v", noHash, err)
	}
	return sums[a.platform], cache.KeepHash(pin.Module(a.platform), sums[a.platform])
}

// cache returns the cache folder: ZIOBUILD_CACHE or the user's.
func (a *app) cache() (goroot.Cache, error) {
	if dir := os.Getenv("ZIOBUILD_CACHE"); dir != "" {
		if !filepath.IsAbs(dir) {
			return goroot.Cache{}, fmt.Errorf("ZIOBUILD_CACHE=%s is not an absolute path", dir)
		}
		return goroot.Cache{Dir: filepath.Clean(dir)}, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return goroot.Cache{}, fmt.Errorf("no place for the cache: %v; set ZIOBUILD_CACHE to a folder", err)
	}
	return goroot.Cache{Dir: filepath.Join(dir, "ziobuild")}, nil
}

// root returns the assembled GOROOT. Warm, that is some dozens of stat calls.
func (a *app) root() (string, error) {
	in, err := a.inputs()
	if err != nil {
		return "", err
	}
	cache, err := a.cache()
	if err != nil {
		return "", err
	}
	root := cache.Root(in.Key())
	err = goroot.Check(root, in.Key())
	if err == goroot.ErrMissing {
		return a.assemble(false)
	}
	if err != nil {
		return "", err
	}
	cache.Touch(root)
	return root, nil
}

// assemble makes the tree where it is not there, or with force anyway.
func (a *app) assemble(force bool) (string, error) {
	in, err := a.inputs()
	if err != nil {
		return "", err
	}
	cache, err := a.cache()
	if err != nil {
		return "", err
	}
	b := &goroot.Builder{
		Cache: cache,
		In:    in,
		Base:  func() (*base.Tree, error) { return a.findBase(a, in) },
		Env:   os.Environ(),
		Stage: a.progress.Stage,
		Step:  a.progress.Step,
	}
	root, err := b.Ensure(force)
	a.progress.Done()
	return root, err
}

// defaultBase finds the base release with the machine's go command.
func (a *app) defaultBase(in *goroot.Inputs) (*base.Tree, error) {
	f, err := a.finder(in)
	if err != nil {
		return nil, err
	}
	return f.Find()
}

func (a *app) finder(in *goroot.Inputs) (*base.Finder, error) {
	goCmd, err := a.bootstrap()
	if err != nil {
		return nil, err
	}
	limit, err := fetchLimit()
	if err != nil {
		return nil, err
	}
	return &base.Finder{
		Go: goCmd, Env: bootstrapEnv(os.Environ()), Pin: in.Pin, Platform: a.platform,
		Limit: limit, Stage: a.progress.Stage, Step: a.progress.Step,
	}, nil
}

// debugf prints what ziobuild does if ZIOBUILD_DEBUG is set.
func debugf(format string, args ...any) {
	if v := os.Getenv("ZIOBUILD_DEBUG"); v != "" && v != "0" {
		fmt.Fprintf(os.Stderr, "ziobuild: debug: "+format+"\n", args...)
	}
}

func isTerminal(f *os.File) bool {
	fi, err := f.Stat()
	return err == nil && fi.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}
