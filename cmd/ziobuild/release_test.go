//go:build unix

package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// release VERSION [FILE TEXT] puts a version of this module, as the checkout
// holds it, into the file proxy $WORK/proxy. TEXT is added to FILE, so that two
// versions differ.
func release(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 && len(args) != 3 {
		ts.Fatalf("usage: release VERSION [FILE TEXT]")
	}
	const module = "github.com/zio-go/zio"
	checkout, err := findCheckout()
	ts.Check(err)
	files, err := moduleFiles(checkout)
	ts.Check(err)
	var z bytes.Buffer
	w := zip.NewWriter(&z)
	for _, name := range files {
		data, err := os.ReadFile(filepath.Join(checkout, filepath.FromSlash(name)))
		ts.Check(err)
		if len(args) == 3 && args[1] == name {
			data = append(data, args[2]+"\n"...)
		}
		f, err := w.Create(module + "@" + args[0] + "/" + name)
		ts.Check(err)
		_, err = f.Write(data)
		ts.Check(err)
	}
	ts.Check(w.Close())
	mod, err := os.ReadFile(filepath.Join(checkout, "go.mod"))
	ts.Check(err)
	dir := filepath.Join(ts.MkAbs("proxy"), filepath.FromSlash(module), "@v")
	ts.Check(os.MkdirAll(dir, 0o755))
	for ext, data := range map[string][]byte{
		"info": fmt.Appendf(nil, `{"Version":%q}`, args[0]), "mod": mod, "zip": z.Bytes(),
	} {
		ts.Check(os.WriteFile(filepath.Join(dir, args[0]+"."+ext), data, 0o644))
	}
	list, err := os.OpenFile(filepath.Join(dir, "list"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	ts.Check(err)
	fmt.Fprintln(list, args[0])
	ts.Check(list.Close())
}

// moduleFiles are the files of the module: what git tracks or would, without
// modules that lie inside.
func moduleFiles(checkout string) ([]string, error) {
	cmd := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
	cmd.Dir = checkout
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	all := strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
	inner := make(map[string]bool)
	for _, name := range all {
		if path.Base(name) == "go.mod" && name != "go.mod" {
			inner[path.Dir(name)] = true
		}
	}
	var files []string
next:
	for _, name := range all {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if inner[dir] {
				continue next
			}
		}
		if fi, err := os.Lstat(filepath.Join(checkout, name)); err == nil && fi.Mode().IsRegular() {
			files = append(files, name)
		}
	}
	return files, nil
}
