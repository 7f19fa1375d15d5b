package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPick(t *testing.T) {
	if list, unknown := pick(""); len(list) != len(programs) || unknown != "" {
		t.Errorf("%d programs, %q", len(list), unknown)
	}
	list, unknown := pick("dns,grpc")
	if unknown != "" || len(list) != 2 || list[0].name != "dns" || list[1].name != "grpc" {
		t.Errorf("%v, %q", list, unknown)
	}
	if _, unknown := pick("dns,none"); unknown != "none" {
		t.Errorf("unknown: %q", unknown)
	}
}

func TestProgramsArePinned(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range programs {
		if seen[p.name] || p.why == "" || len(p.packages) == 0 {
			t.Errorf("%s: named twice or incomplete", p.name)
		}
		seen[p.name] = true
		if !strings.HasPrefix(p.version, "v") || !strings.HasPrefix(p.sum, "h1:") {
			t.Errorf("%s: version %q, sum %q", p.name, p.version, p.sum)
		}
	}
}

func TestCopyTree(t *testing.T) {
	src := t.TempDir()
	write := func(name, text string, perm os.FileMode) {
		t.Helper()
		path := filepath.Join(src, name)
		os.MkdirAll(filepath.Dir(path), 0o777)
		if err := os.WriteFile(path, []byte(text), perm); err != nil {
			t.Fatal(err)
		}
	}
	write("a.go", "package a\n\n", 0o444)
	write("a_test.go", "package a\n", 0o444)
	write("sub/run.sh", "exit\n", 0o555)
	dst := filepath.Join(t.TempDir(), "copy")
	if err := copyTree(dst, src); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dst, "sub", "run.sh"))
	if err != nil || info.Mode().Perm()&0o300 != 0o300 {
		t.Errorf("%v, %v", info, err)
	}
	if n, err := countLines(dst); n != 2 || err != nil {
		t.Errorf("%d lines, %v", n, err)
	}
}
