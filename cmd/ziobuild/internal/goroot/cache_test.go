package goroot

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// fakeTree makes what counts as a tree, last used so long ago.
func fakeTree(t *testing.T, c Cache, key string, idle time.Duration) {
	t.Helper()
	root := c.Root(key)
	if err := os.MkdirAll(filepath.Join(root, "src"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{stampFile, usedFile} {
		if err := os.WriteFile(filepath.Join(root, name), nil, 0o444); err != nil {
			t.Fatal(err)
		}
	}
	when := time.Now().Add(-idle)
	if err := os.Chtimes(filepath.Join(root, usedFile), when, when); err != nil {
		t.Fatal(err)
	}
	// A read-only folder, as of a tree that was copied from a module cache.
	if err := os.Chmod(filepath.Join(root, "src"), 0o555); err != nil {
		t.Fatal(err)
	}
}

func TestGC(t *testing.T) {
	c := Cache{t.TempDir()}
	const hour, day = time.Hour, 24 * time.Hour
	fakeTree(t, c, "inuse", 40*day)
	fakeTree(t, c, "editor", 40*day)
	if err := c.SetCurrent(c.Root("editor")); err != nil {
		t.Fatal(err)
	}
	fakeTree(t, c, "old", 31*day)
	for i := range 12 {
		fakeTree(t, c, fmt.Sprintf("recent%02d", i), time.Duration(i)*hour)
	}
	c.gc(time.Now(), "inuse", "tools")
	got := make(map[string]bool)
	for _, dir := range c.Trees() {
		got[filepath.Base(dir)] = true
	}
	if !got["inuse"] {
		t.Error("the tree in use is gone")
	}
	if !got["editor"] || got["current"] {
		t.Errorf("the tree that the link names has to stay, and the link is no tree: %v", got)
	}
	if got["old"] {
		t.Error("a tree that was unused for a month is still there")
	}
	for i := range 12 {
		if name := fmt.Sprintf("recent%02d", i); got[name] != (i < keepTrees) {
			t.Errorf("%s is there: %v", name, got[name])
		}
	}
	if left, _ := filepath.Glob(filepath.Join(c.Dir, "tmp-*")); len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
}

func TestTouch(t *testing.T) {
	c := Cache{t.TempDir()}
	fakeTree(t, c, "k", 2*time.Hour)
	c.Touch(c.Root("k"))
	fi, err := os.Stat(filepath.Join(c.Root("k"), usedFile))
	if err != nil || time.Since(fi.ModTime()) > time.Minute {
		t.Errorf("not touched: %v, %v", fi.ModTime(), err)
	}
}
