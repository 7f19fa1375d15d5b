package goroot

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/zio-go/zio/cmd/ziobuild/internal/filelock"
)

// A Cache is the folder that holds assembled trees, rebuilt tools and the
// build cache of the programs built with them:
//
//	KEY/          an assembled GOROOT
//	current       a link to the one that was made or set up last
//	tools/TKEY/   the rebuilt commands of a tool key
//	gocache/      GOCACHE of the assembled go commands
//	tmp-*/        a tree in the making, or what an interrupted run left
//	hashes/       of base releases that GOBASE has none of for this host
//	rebase/       the repository of a rebase that a conflict stopped
//	lock          held while a tree is made or removed
type Cache struct{ Dir string }

// Root returns the folder of the tree with that key.
func (c Cache) Root(key string) string { return filepath.Join(c.Dir, key) }

// GOCACHE returns the build cache of all assembled trees.
func (c Cache) GOCACHE() string { return filepath.Join(c.Dir, "gocache") }

func (c Cache) tools(toolKey string) string { return filepath.Join(c.Dir, "tools", toolKey) }

// hashFile is where the hash of a toolchain module is kept.
func (c Cache) hashFile(module string) string {
	return filepath.Join(c.Dir, "hashes", filepath.Base(module))
}

// Hash returns a hash that KeepHash kept, or "".
func (c Cache) Hash(module string) string {
	data, err := os.ReadFile(c.hashFile(module))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

// KeepHash keeps the hash of a module for later runs.
func (c Cache) KeepHash(module, sum string) error {
	name := c.hashFile(module)
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, []byte(sum+"\n"), 0o644)
	}
	return c.writeError(err)
}

// Lock takes the lock of the cache, making the folder if need be.
func (c Cache) Lock(wait func()) (*filelock.Lock, error) {
	for range 100 {
		err := os.MkdirAll(c.Dir, 0o755)
		var l *filelock.Lock
		if err == nil {
			l, err = filelock.Acquire(filepath.Join(c.Dir, "lock"), wait)
		}
		switch {
		case err == nil:
			return l, nil
		case !errors.Is(err, filelock.ErrRemoved) && !errors.Is(err, fs.ErrNotExist):
			return nil, c.writeError(err)
		}
		// A 'cache clean -all' took it away: once more.
	}
	return nil, fmt.Errorf("the lock in %s is removed again and again", c.Dir)
}

// writeError explains an error that came from writing to the cache.
func (c Cache) writeError(err error) error {
	switch {
	case isNoSpace(err):
		return fmt.Errorf("%w\n\tthe disk that holds %s is full: free about 500 MB or set ZIOBUILD_CACHE to a folder on another disk", err, c.Dir)
	case errors.Is(err, fs.ErrPermission) || isReadOnly(err):
		return fmt.Errorf("%w\n\tthe cache %s cannot be written: set ZIOBUILD_CACHE to a folder that can, or have its owner run 'ziobuild setup'", err, c.Dir)
	}
	return err
}

// sweep removes what interrupted runs left. The caller holds the lock, so no
// temporary folder can be in use.
func (c Cache) sweep() {
	names, _ := filepath.Glob(filepath.Join(c.Dir, "tmp-*"))
	for _, name := range names {
		RemoveAll(name)
	}
}

// Unused trees go after a month. Who changes the patches makes many trees a
// day: beyond the last few they go after hours.
const (
	keepTime  = 30 * 24 * time.Hour
	keepTrees = 8
	keepSpare = 3 * time.Hour
)

// gc removes trees and tools that were not used for a while, except those of
// the keys given. An editor may use the current tree without ziobuild, so that
// stays too.
func (c Cache) gc(now time.Time, key, toolKey string) {
	type tree struct {
		dir  string
		idle time.Duration
	}
	var trees []tree
	current, _ := os.Readlink(c.Current())
	for _, dir := range c.Trees() {
		if fi, err := os.Stat(filepath.Join(dir, usedFile)); err == nil && dir != c.Root(key) && filepath.Base(dir) != current {
			trees = append(trees, tree{dir, now.Sub(fi.ModTime())})
		}
	}
	slices.SortFunc(trees, func(a, b tree) int { return cmp.Compare(a.idle, b.idle) })
	for i, t := range trees {
		if t.idle > keepTime || i >= keepTrees && t.idle > keepSpare {
			c.remove(t.dir)
		}
	}
	tools, _ := filepath.Glob(c.tools("*"))
	for _, dir := range tools {
		if fi, err := os.Stat(dir); err == nil && dir != c.tools(toolKey) && now.Sub(fi.ModTime()) > keepTime {
			c.remove(dir)
		}
	}
}

// Trees returns the folders of the assembled trees.
func (c Cache) Trees() []string {
	names, _ := filepath.Glob(filepath.Join(c.Dir, "*", stampFile))
	var dirs []string
	for _, name := range names {
		if dir := filepath.Dir(name); dir != c.Current() {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// usedFile's modification time is the last use of the tree, by the hour.
const usedFile = "zio.used"

// Touch notes that a tree is in use. It writes once an hour at most, and does
// not mind a cache that it cannot write.
func (c Cache) Touch(root string) {
	name := filepath.Join(root, usedFile)
	fi, err := os.Stat(name)
	if err == nil && time.Since(fi.ModTime()) < time.Hour {
		return
	}
	now := time.Now()
	os.Chtimes(name, now, now)
}

// remove takes a tree away at once, by a rename, and then deletes it.
func (c Cache) remove(dir string) error {
	tmp, err := os.MkdirTemp(c.Dir, "tmp-old-")
	if err != nil {
		return err
	}
	if err := os.Rename(dir, filepath.Join(tmp, "tree")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		os.Remove(tmp)
		return err
	}
	return RemoveAll(tmp)
}

// Clean removes the trees, or with all everything that the cache holds.
func (c Cache) Clean(all bool) error {
	if _, err := os.Stat(c.Dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	l, err := c.Lock(func() {})
	if err != nil {
		return err
	}
	defer l.Release()
	c.sweep()
	if err := os.Remove(c.Current()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c.writeError(err)
	}
	dirs := c.Trees()
	dirs = append(dirs, filepath.Join(c.Dir, "tools"))
	if all {
		dirs = append(dirs, c.GOCACHE(), filepath.Join(c.Dir, "hashes"), filepath.Join(c.Dir, "rebase"))
	}
	for _, dir := range dirs {
		if err := c.remove(dir); err != nil {
			return c.writeError(err)
		}
	}
	if all {
		// The folder stays if there is something else in it, and so does a
		// lock that cannot be removed while it is held.
		os.Remove(filepath.Join(c.Dir, "lock"))
		os.Remove(c.Dir)
	}
	return nil
}

// RemoveAll is os.RemoveAll for trees that hold read-only folders.
func RemoveAll(dir string) error {
	if err := os.RemoveAll(dir); err == nil {
		return nil
	}
	filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			os.Chmod(name, 0o755)
		}
		return nil
	})
	return os.RemoveAll(dir)
}

// IsAssembled reports whether dir is an assembled tree, of whatever key.
func IsAssembled(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, revFile))
	return err == nil
}
