package goroot

import (
	"testing"
	"testing/fstest"

	"github.com/zio-go/zio/cmd/ziobuild/internal/patchset"
)

func patchFile(path, body string) []byte {
	return []byte("From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\nSubject: [PATCH] x: y\n\n" + body + "\n---\n\n" +
		"diff --git a/" + path + " b/" + path + "\nindex " + patchset.BlobHash([]byte("a\n")) + ".." + patchset.BlobHash([]byte("b\n")) +
		"\n--- a/" + path + "\n+++ b/" + path + "\n@@ -1 +1 @@\n-a\n+b\n")
}

// TestKeys: every input changes the key; only what the tools are made of
// changes the tool key.
func TestKeys(t *testing.T) {
	files := func() fstest.MapFS {
		return fstest.MapFS{
			"GOBASE":                {Data: []byte("release go1.2.3\nhash linux-amd64 h1:x\nhash linux-arm64 h1:y\n")},
			"patches/0001-a.patch":  {Data: patchFile("src/internal/buildcfg/cfg.go", "Why.\n\nRebuild: cmd/go")},
			"patches/0002-b.patch":  {Data: patchFile("src/runtime/proc.go", "Why.")},
			"patches/0003-c.patch":  {Data: patchFile("src/cmd/go/main.go", "Why.")},
			"src/runtime/zio.go":    {Data: []byte("package runtime\n")},
			"src/cmd/go/zio.go":     {Data: []byte("package main\n")},
			"patches/README.md":     {Data: []byte("text")},
			"patches/not-a-patch.x": {Data: []byte("text")},
		}
	}
	read := func(fsys fstest.MapFS, platform string) *Inputs {
		t.Helper()
		in, err := ReadInputs(fsys, platform, nil)
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	was := read(files(), "linux-amd64")
	if again := read(files(), "linux-amd64"); again.Key() != was.Key() {
		t.Error("the key is not stable")
	}
	for _, tt := range []struct {
		name      string
		change    func(fstest.MapFS)
		key, tool bool // changes
	}{
		{"nothing", func(fstest.MapFS) {}, false, false},
		{"readme", func(f fstest.MapFS) { f["patches/README.md"].Data = nil }, false, false},
		{"runtime patch", func(f fstest.MapFS) { f["patches/0002-b.patch"].Data = patchFile("src/runtime/proc.go", "Why not.") }, true, false},
		{"runtime file", func(f fstest.MapFS) { f["src/runtime/zio.go"].Data = nil }, true, false},
		{"new runtime file", func(f fstest.MapFS) { f["src/runtime/zio2.go"] = &fstest.MapFile{} }, true, false},
		{"renamed patch", func(f fstest.MapFS) {
			f["patches/0004-b.patch"] = f["patches/0002-b.patch"]
			delete(f, "patches/0002-b.patch")
		}, true, false},
		{"command patch", func(f fstest.MapFS) { f["patches/0003-c.patch"].Data = patchFile("src/cmd/go/main.go", "Why not.") }, true, true},
		{"rebuild trailer", func(f fstest.MapFS) { delete(f, "patches/0001-a.patch") }, true, true},
		{"patch of a file that a tool patch touches", func(f fstest.MapFS) {
			f["patches/0005-d.patch"] = &fstest.MapFile{Data: patchFile("src/internal/buildcfg/cfg.go", "Why.")}
		}, true, true},
		{"test of a command", func(f fstest.MapFS) { f["src/cmd/go/testdata/zio.txt"] = &fstest.MapFile{} }, true, false},
		{"command file", func(f fstest.MapFS) { f["src/cmd/go/zio.go"].Data = nil }, true, true},
		{"base hash", func(f fstest.MapFS) { f["GOBASE"].Data = []byte("release go1.2.3\nhash linux-amd64 h1:z\n") }, true, true},
		{"base hash of another host", func(f fstest.MapFS) {
			f["GOBASE"].Data = []byte("release go1.2.3\nhash linux-amd64 h1:x\nhash linux-arm64 h1:z\n")
		}, false, false},
	} {
		f := files()
		tt.change(f)
		in := read(f, "linux-amd64")
		if got := in.Key() != was.Key(); got != tt.key {
			t.Errorf("%s: key changed: %v", tt.name, got)
		}
		if got := in.ToolKey() != was.ToolKey(); got != tt.tool {
			t.Errorf("%s: tool key changed: %v", tt.name, got)
		}
	}
	if read(files(), "linux-arm64").Key() == was.Key() {
		t.Error("two hosts have one key")
	}
}
