package base

import (
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Lookup finds a file by its path in a GOROOT.
func (t *Tree) Lookup(path string) (File, bool) {
	i, ok := slices.BinarySearchFunc(t.Files, path, func(f File, p string) int { return strings.Compare(f.Path, p) })
	if !ok {
		return File{}, false
	}
	return t.Files[i], true
}

// Open makes a Tree an fs.FS of its files, by their paths in a GOROOT.
func (t *Tree) Open(name string) (fs.File, error) {
	f, ok := t.Lookup(name)
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return os.Open(f.Src)
}
