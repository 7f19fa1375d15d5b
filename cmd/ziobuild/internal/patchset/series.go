package patchset

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// A Series is the whole set of patches, in order of their numbers.
type Series []*Patch

// Load reads every *.patch file in the root of fsys.
func Load(fsys fs.FS) (Series, error) {
	names, err := fs.Glob(fsys, "*.patch")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var s Series
	for _, name := range names {
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		p, err := Parse(name, raw)
		if err != nil {
			return nil, err
		}
		if n := len(s); n > 0 && s[n-1].Number == p.Number {
			return nil, fmt.Errorf("%s and %s have the same number", s[n-1].Name, p.Name)
		}
		s = append(s, p)
	}
	return s, nil
}

// A Tree is a set of files that patches are applied to: the base, and on top
// of it in memory what the patches so far made of it.
type Tree struct {
	base    fs.FS
	changed map[string][]byte
}

// NewTree returns a tree with the content of base, which is never written to.
func NewTree(base fs.FS) *Tree {
	return &Tree{base, make(map[string][]byte)}
}

// Read returns the current content of a file.
func (t *Tree) Read(path string) ([]byte, error) {
	if b, ok := t.changed[path]; ok {
		return b, nil
	}
	return fs.ReadFile(t.base, path)
}

// Changed returns the paths of the files that were patched, sorted.
func (t *Tree) Changed() []string {
	return slices.Sorted(maps.Keys(t.changed))
}

// Apply applies one patch. If it fails the tree is unchanged.
func (t *Tree) Apply(p *Patch) error {
	return t.apply(p, func(f *FileDiff) *FileDiff { return f })
}

// Unapply applies the reverse of a patch.
func (t *Tree) Unapply(p *Patch) error {
	return t.apply(p, (*FileDiff).Reverse)
}

func (t *Tree) apply(p *Patch, dir func(*FileDiff) *FileDiff) error {
	done := make(map[string][]byte)
	for i := range p.Files {
		f := dir(&p.Files[i])
		content, err := t.Read(f.Path)
		if errors.Is(err, fs.ErrNotExist) {
			return &ApplyError{Patch: p.Name, File: f.Path, Problem: "the base release has no such file"}
		}
		if err != nil {
			return fmt.Errorf("patch %s: %w", p.Name, err)
		}
		out, err := f.Apply(p.Name, content)
		if err != nil {
			return err
		}
		done[f.Path] = out
	}
	maps.Copy(t.changed, done)
	return nil
}

// Apply applies the whole series to a tree.
func (s Series) Apply(t *Tree) error {
	for _, p := range s {
		if err := t.Apply(p); err != nil {
			return err
		}
	}
	return nil
}

// Commands returns the import paths of the commands that must be rebuilt, with
// the files that the rebuild must see: those of every patch that touches
// src/cmd or names a command in a "Rebuild:" trailer.
//
// A standard package that a tool merely links is not in this list. The tools
// keep running on the stock runtime, so that neither a bug in the patched one
// nor a GODEBUG meant for the user's program reaches the compiler.
func (s Series) Commands() (cmds, files []string) {
	cmdSet, fileSet := map[string]bool{}, map[string]bool{}
	for _, p := range s {
		tool := false
		for _, v := range p.Trailers("Rebuild") {
			for _, c := range strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' }) {
				cmdSet[c], tool = true, true
			}
		}
		for _, f := range p.Files {
			if c := CommandOf(f.Path); c != "" {
				cmdSet[c], tool = true, true
			}
		}
		if tool {
			for _, f := range p.Files {
				fileSet[f.Path] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(cmdSet)), slices.Sorted(maps.Keys(fileSet))
}

// IsTest reports whether the path is that of a test, or of what only tests read.
func IsTest(path string) bool {
	return strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/testdata/")
}

// CommandOf returns the command whose source the path is, or "". Tests do not
// count, and neither does code that commands share: a patch of that names the
// commands in a "Rebuild:" trailer.
func CommandOf(path string) string {
	rest, ok := strings.CutPrefix(path, "src/cmd/")
	if !ok || IsTest(path) {
		return ""
	}
	name, _, ok := strings.Cut(rest, "/")
	if !ok || name == "internal" || name == "vendor" {
		return ""
	}
	return "cmd/" + name
}
