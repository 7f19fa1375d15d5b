// Package goroot assembles the patched GOROOT in the user's cache and keeps it.
//
// There is one folder per key, and the key is a hash of every input: the base
// release, the patches, the new source files and the recipe itself. A folder is
// built beside its final name and renamed into place, under a lock between
// processes, so that it is there whole or not at all.
package goroot

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/zio-go/zio/cmd/ziobuild/internal/base"
	"github.com/zio-go/zio/cmd/ziobuild/internal/patchset"
)

// recipe names this package's way to assemble. Change it when the same inputs
// would give another tree.
const recipe = "ziobuild recipe 1"

// Inputs is everything that decides what the assembled tree holds.
type Inputs struct {
	Platform string // GOOS-GOARCH of this host
	Pin      *base.Pin
	Series   patchset.Series
	Overlay  map[string][]byte // new files by path in GOROOT, src/...

	key, toolKey string
}

// ReadInputs reads GOBASE, patches/ and src/ from fsys and computes the keys.
// Where GOBASE has no hash for the platform, the function ask, if there is one,
// gives it.
func ReadInputs(fsys fs.FS, platform string, ask func(*base.Pin) (string, error)) (*Inputs, error) {
	in := &Inputs{Platform: platform, Overlay: make(map[string][]byte)}
	pin, err := fs.ReadFile(fsys, "GOBASE")
	if err != nil {
		return nil, err
	}
	if in.Pin, err = base.ParsePin(pin); err != nil {
		return nil, err
	}
	if in.Pin.Hashes[platform] == "" && ask != nil {
		if in.Pin.Hashes[platform], err = ask(in.Pin); err != nil {
			return nil, err
		}
	}
	patches, err := fs.Sub(fsys, "patches")
	if err != nil {
		return nil, err
	}
	if in.Series, err = patchset.Load(patches); err != nil {
		return nil, err
	}
	err = fs.WalkDir(fsys, "src", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		in.Overlay[name], err = fs.ReadFile(fsys, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return in, in.hash()
}

// Key names the whole tree.
func (in *Inputs) Key() string { return in.key }

// Rev is the revision that binaries carry: the first 12 digits of the key.
func (in *Inputs) Rev() string { return in.key[:12] }

// ToolKey names what decides the output of the tools. It salts the build
// cache: trees with one tool key may share compiled packages, because those
// are named by the content of their sources, but tools that differ never do,
// although they all print the version of the base release.
func (in *Inputs) ToolKey() string { return in.toolKey }

func (in *Inputs) hash() error {
	sum, err := in.Pin.Hash(in.Platform)
	if err != nil {
		return err
	}
	all, tool := sha256.New(), sha256.New()
	both := io.MultiWriter(all, tool)
	fmt.Fprintf(both, "%s\n%s %s %s\n", recipe, in.Platform, in.Pin.Release, sum)

	_, toolFiles := in.Series.Commands()
	isTool := func(p *patchset.Patch) bool {
		return slices.ContainsFunc(p.Files, func(f patchset.FileDiff) bool {
			_, ok := slices.BinarySearch(toolFiles, f.Path)
			return ok
		})
	}
	add := func(w io.Writer, name string, data []byte) {
		fmt.Fprintf(w, "%q %d\n", name, len(data))
		w.Write(data)
	}
	for _, p := range in.Series {
		w := io.Writer(all)
		if isTool(p) {
			w = both
		}
		add(w, p.Name, p.Raw)
	}
	for _, name := range slices.Sorted(maps.Keys(in.Overlay)) {
		w := io.Writer(all)
		if strings.HasPrefix(name, "src/cmd/") && !patchset.IsTest(name) {
			w = both
		}
		add(w, name, in.Overlay[name])
	}
	in.key = hex.EncodeToString(all.Sum(nil))[:16]
	in.toolKey = hex.EncodeToString(tool.Sum(nil))[:16]
	return nil
}

// commands returns the commands to rebuild and the files that differ for them.
func (in *Inputs) commands() (cmds, files []string) {
	cmds, files = in.Series.Commands()
	for name := range in.Overlay {
		if c := patchset.CommandOf(name); c != "" {
			if !slices.Contains(cmds, c) {
				cmds = append(cmds, c)
			}
			files = append(files, name)
		}
	}
	slices.Sort(cmds)
	slices.Sort(files)
	return cmds, slices.Compact(files)
}

// conflict returns an error if a new file would replace an upstream one.
func (in *Inputs) conflict(t *base.Tree) error {
	for _, name := range slices.Sorted(maps.Keys(in.Overlay)) {
		if _, ok := t.Lookup(name); ok {
			return fmt.Errorf("%s is a file of %s: a file under src/ must be new; change upstream files with a patch ('ziobuild patch edit DIR')", name, in.Pin.Release)
		}
	}
	return nil
}
