package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tree makes a tree of n files of size bytes, and returns its root.
func tree(t *testing.T, n, size int) string {
	dir := t.TempDir()
	for i := range n {
		sub := filepath.Join(dir, fmt.Sprint(i%5))
		if err := os.MkdirAll(sub, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(sub, fmt.Sprint(i)), bytes.Repeat([]byte{byte(i)}, size), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// check fails unless every file below to is whole, and returns how many there are.
func check(t *testing.T, from, to string) (n int) {
	err := filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		if strings.HasPrefix(d.Name(), ".copytree-") {
			t.Errorf("%s is left", path)
			return nil
		}
		got, err := os.ReadFile(path)
		want, err2 := os.ReadFile(filepath.Join(from, path[len(to):]))
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not the same", path)
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCopy(t *testing.T) {
	from, to := tree(t, 40, 10_000), filepath.Join(t.TempDir(), "to")
	c := copier{ctx: context.Background(), from: from, to: to}
	if err := c.run(4); err != nil {
		t.Fatal(err)
	}
	if n := check(t, from, to); n != 40 || c.files.Load() != 40 || c.bytes.Load() != 400_000 {
		t.Errorf("%d files are there, %d files and %d bytes were copied", n, c.files.Load(), c.bytes.Load())
	}
}

// However early the end comes, what is there is whole.
func TestInterrupt(t *testing.T) {
	from := tree(t, 60, 1<<20)
	few := 0
	for i := range 20 {
		to := filepath.Join(t.TempDir(), "to")
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(time.Duration(i)*2*time.Millisecond, cancel)
		c := copier{ctx: ctx, from: from, to: to}
		err := c.run(4)
		cancel()
		if os.MkdirAll(to, 0o777) != nil {
			t.Fatal("no directory")
		}
		n := check(t, from, to)
		if err == nil && n != 60 || err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("after %d files: %v", n, err)
		}
		if n < 60 {
			few++
		}
	}
	if few == 0 {
		t.Error("no copy was interrupted")
	}
}
