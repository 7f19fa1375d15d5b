package goroot

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/zio-go/zio/cmd/ziobuild/internal/base"
	"github.com/zio-go/zio/cmd/ziobuild/internal/patchset"
)

// A Builder assembles trees.
type Builder struct {
	Cache Cache
	In    *Inputs
	Base  func() (*base.Tree, error) // finds and checks the base release
	Env   []string                   // for the go command that rebuilds tools

	Stage func(what string)   // called when a step begins
	Step  func(done, all int) // called as it advances; all may be 0
}

// Ensure returns the root of the tree, assembling it where it is not there.
// With force it is assembled anew.
func (b *Builder) Ensure(force bool) (string, error) {
	root := b.Cache.Root(b.In.Key())
	lock, err := b.Cache.Lock(func() { b.Stage("waiting for another ziobuild") })
	if err != nil {
		return "", err
	}
	defer lock.Release()
	b.Cache.sweep()
	if !force {
		// Another process may have made it while this one waited.
		if err := Check(root, b.In.Key()); !errors.Is(err, ErrMissing) {
			return root, err
		}
	}
	tree, err := b.Base()
	if err != nil {
		return "", err
	}
	tmp, err := os.MkdirTemp(b.Cache.Dir, "tmp-")
	if err != nil {
		return "", b.Cache.writeError(err)
	}
	defer RemoveAll(tmp)
	if err := b.assemble(tree, tmp, root); err != nil {
		return "", b.Cache.writeError(err)
	}
	// A system without symbolic links does without this one.
	b.Cache.SetCurrent(root)
	b.Cache.gc(time.Now(), b.In.Key(), b.In.ToolKey())
	return root, nil
}

// assemble builds the tree in tmp/goroot and renames it to root.
func (b *Builder) assemble(tree *base.Tree, tmp, root string) error {
	// Patch in memory before anything is written: a series that does not
	// apply costs no disk.
	patched := patchset.NewTree(tree)
	if err := b.In.Series.Apply(patched); err != nil {
		return err
	}
	if err := b.In.conflict(tree); err != nil {
		return err
	}

	b.Stage("assembling GOROOT")
	pl := &placer{root: filepath.Join(tmp, "goroot"), noLink: tree.Mutable}
	for i, f := range tree.Files {
		if err := pl.place(f.Path, f.Src, f.Exec); err != nil {
			return err
		}
		if i%512 == 0 {
			b.Step(i, len(tree.Files))
		}
	}

	// The tree is still the base release. The commands are built from it, and
	// so on its unpatched runtime, with their own changes as an overlay.
	tools, err := b.rebuild(pl.root, tmp, patched)
	if err != nil {
		return err
	}

	sums := make(map[string]string, len(tree.Files))
	for _, f := range tree.Files {
		sums[f.Path] = f.SHA256
	}
	var ours []string // what each run checks
	put := func(path string, data []byte, perm os.FileMode) error {
		sums[path] = sumBytes(data)
		ours = append(ours, path)
		return pl.write(path, data, perm)
	}
	for _, path := range patched.Changed() {
		data, err := patched.Read(path)
		if err != nil {
			return err
		}
		if path == goEnvFile {
			continue
		}
		if err := put(path, data, 0o444); err != nil {
			return err
		}
	}
	env, err := patched.Read(goEnvFile)
	if err != nil {
		return err
	}
	if err := put(goEnvFile, b.goEnv(env), 0o444); err != nil {
		return err
	}
	for path, data := range b.In.Overlay {
		if err := put(path, data, 0o444); err != nil {
			return err
		}
	}
	for path, src := range tools {
		if err := pl.replace(path, src); err != nil {
			return err
		}
		if sums[path], err = sumFile(src); err != nil {
			return err
		}
		ours = append(ours, path)
	}
	if err := put(revFile, []byte("zio "+b.In.Rev()+" "+b.In.ToolKey()+"\n"), 0o444); err != nil {
		return err
	}
	if err := writeManifest(pl.root, sums); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(pl.root, usedFile), nil, 0o644); err != nil {
		return err
	}
	if !slices.Contains(ours, goCmd()) {
		ours = append(ours, goCmd())
	}
	slices.Sort(ours)
	if err := writeStamp(pl.root, b.In.Key(), ours); err != nil {
		return err
	}
	if err := b.Cache.remove(root); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(pl.root, root)
}

// goEnvFile holds the defaults of the go command.
const goEnvFile = "go.env"

// goEnv adds the place of the build cache to go.env, so that a go command that
// an editor starts without ziobuild uses the same one. The environment and the
// user's own go/env file still win over it.
func (b *Builder) goEnv(data []byte) []byte {
	return fmt.Appendf(slices.Clone(data), "\n# The build cache of this GOROOT, written by ziobuild.\nGOCACHE=%s\n", b.Cache.GOCACHE())
}

func writeManifest(root string, sums map[string]string) error {
	var m bytes.Buffer
	for _, path := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(&m, "%s  %s\n", sums[path], path)
	}
	return os.WriteFile(filepath.Join(root, manifestFile), m.Bytes(), 0o444)
}

// goCmd is the path of the go command in a GOROOT.
func goCmd() string { return "bin/go" + exe() }

func exe() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}
