package goroot

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// Current returns the name of the link to the tree that was made or set up
// last. It is for editors: unlike the tree's own name it survives an upgrade.
func (c Cache) Current() string { return filepath.Join(c.Dir, "current") }

// SetCurrent makes the link point to root, a tree of this cache.
func (c Cache) SetCurrent(root string) error {
	key := filepath.Base(root)
	if now, err := os.Readlink(c.Current()); err == nil && now == key {
		return nil
	}
	// By a rename, so that there is no moment without it. Another process may
	// sweep the new link away before.
	tmp := filepath.Join(c.Dir, "tmp-current-"+strconv.Itoa(os.Getpid()))
	for range 3 {
		os.Remove(tmp)
		if err := os.Symlink(key, tmp); err != nil {
			return err
		}
		if err := os.Rename(tmp, c.Current()); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return fs.ErrNotExist
}

// A TreeInfo describes an assembled tree.
type TreeInfo struct {
	Dir  string
	Size int64 // bytes, those shared with the module cache included
	Used time.Time
}

// List returns the assembled trees, the last used first.
func (c Cache) List() []TreeInfo {
	var list []TreeInfo
	for _, dir := range c.Trees() {
		t := TreeInfo{Dir: dir, Size: sizeOf(dir)}
		if fi, err := os.Stat(filepath.Join(dir, usedFile)); err == nil {
			t.Used = fi.ModTime()
		}
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b TreeInfo) int { return cmp.Compare(b.Used.UnixNano(), a.Used.UnixNano()) })
	return list
}

// BuildSize returns the size of the build cache.
func (c Cache) BuildSize() int64 { return sizeOf(c.GOCACHE()) }

func sizeOf(dir string) (n int64) {
	filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if fi, err := d.Info(); err == nil {
				n += fi.Size()
			}
		}
		return nil
	})
	return n
}
