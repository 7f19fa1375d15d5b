//go:build unix

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	zio "github.com/zio-go/zio"
	"github.com/zio-go/zio/cmd/ziobuild/internal/base"
	"github.com/zio-go/zio/cmd/ziobuild/internal/patchset"
)

// The test binary is ziobuild and, under the name go, the toy go command:
// both the bootstrap one in PATH and that of the toy release.
func TestMain(m *testing.M) {
	// testscript puts the toy go first in PATH; some tests want the real one.
	realPath = os.Getenv("PATH")
	realGo, _ = exec.LookPath("go")
	testscript.Main(m, map[string]func(){
		"ziobuild": mainZiobuild,
		"go": func() {
			// By a link of that name to ziobuild.
			if exe, err := os.Executable(); err == nil && filepath.Base(exe) == "ziobuild" {
				mainZiobuild()
			}
			os.Exit(toyGo(os.Args[1:]))
		},
	})
}

func mainZiobuild() {
	a := newApp(os.DirFS(os.Getenv("ZIOTEST_FILES")))
	if os.Getenv("ZIOTEST_FILES") == "" {
		a = newApp(zio.Files)
	}
	os.Exit(run(a))
}

// TestScript runs the scripts with a toy release of five files, whose hash is
// pinned as GOBASE pins that of the real one.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setupToy,
		Condition:           scriptCondition,
		Cmds:                scriptCommands,
	})
}

const toyRelease = "go1.27.3"

// setupToy lays out, below $WORK:
//
//	toy/    the release, as a toolchain module with _go.mod files
//	files/  GOBASE, patches/ and src/
//	cache/  ZIOBUILD_CACHE, not there yet
func setupToy(env *testscript.Env) error {
	work := func(name ...string) string { return filepath.Join(append([]string{env.WorkDir}, name...)...) }
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	toolDir := "pkg/tool/" + runtime.GOOS + "_" + runtime.GOARCH
	release := map[string]string{
		"VERSION":                toyRelease + "\ntime 2026-10-19T22:20:36Z\n",
		"go.env":                 "GOTOOLCHAIN=auto\n",
		"src/_go.mod":            "module std\n",
		"src/go.mod":             "module std\n",
		"src/runtime/proc.go":    "package runtime\n\nfunc schedule() {\n}\n",
		"src/cmd/go/main.go":     "package main\n\nfunc main() {\n}\n",
		toolDir + "/compile":     "#!/bin/sh\n",
		"lib/time/zoneinfo.zip":  "zip",
		"src/runtime/_x/_go.mod": "module x\n",
		"src/internal/platform/zosarch.go": "package platform\n\nvar List = []OSArch{\n\t{\"js\", \"wasm\"},\n\t{\"" +
			runtime.GOOS + "\", \"" + runtime.GOARCH + "\"},\n\t{\"plan10\", \"mips\"},\n\t{\"plan11\", \"mips\"},\n}\n",
	}
	for name, data := range release {
		if err := writeFile(work("toy", name), data); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(work("toy", "bin"), 0o755); err != nil {
		return err
	}
	if err := os.Link(exe, work("toy", "bin", "go")); err != nil {
		data, err := os.ReadFile(exe)
		if err != nil {
			return err
		}
		if err := os.WriteFile(work("toy", "bin", "go"), data, 0o755); err != nil {
			return err
		}
	}

	platform := runtime.GOOS + "-" + runtime.GOARCH
	pin := &base.Pin{Release: toyRelease, Hashes: map[string]string{platform: "h1:unknown"}}
	_, err = base.Scan(work("toy"), pin, platform, nil)
	var he *base.HashError
	if !errors.As(err, &he) {
		return fmt.Errorf("cannot hash the toy release: %v", err)
	}
	proc := release["src/runtime/proc.go"]
	main := release["src/cmd/go/main.go"]
	files := map[string]string{
		"GOBASE":                              "release " + toyRelease + "\nhash " + platform + " " + he.Got + "\n",
		"patches/0001-runtime-call-zio.patch": toyPatch("runtime: call zio", "src/runtime/proc.go", proc, strings.Replace(proc, "{\n}", "{\n\tzio()\n}", 1)),
		"patches/0002-cmd-go-know-zio.patch":  toyPatch("cmd/go: know zio", "src/cmd/go/main.go", main, strings.Replace(main, "{\n}", "{\n\tzio()\n}", 1)),
		"src/runtime/zio.go":                  "package runtime\n\nfunc zio() {}\n",
	}
	for name, data := range files {
		if err := writeFile(work("files", name), data); err != nil {
			return err
		}
	}
	env.Setenv("ZIOTEST_FILES", work("files"))
	env.Setenv("ZIOBUILD_CACHE", work("cache"))
	env.Setenv("TOY", work("toy"))
	env.Setenv("TOY_MODCACHE", work("modcache"))
	env.Setenv("TOY_LOG", work("toy.log"))
	env.Setenv("HOME", work("home"))
	env.Setenv("XDG_CACHE_HOME", work("home", "cache"))
	env.Setenv("XDG_CONFIG_HOME", work("home", "config"))
	env.Setenv("RELEASE", toyRelease)
	env.Setenv("PLATFORM", platform)
	return nil
}

// toyPatch makes a patch whose one hunk replaces the whole file.
func toyPatch(subject, name, before, after string) string {
	old, now := strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")
	var b strings.Builder
	fmt.Fprintf(&b, "From %040d Mon Sep 17 00:00:00 2001\nSubject: [PATCH] %s\n\nWhy.\n---\n\n", 0, subject)
	fmt.Fprintf(&b, "diff --git a/%s b/%[1]s\nindex %s..%s 100644\n--- a/%[1]s\n+++ b/%[1]s\n", name, patchset.BlobHash([]byte(before)), patchset.BlobHash([]byte(after)))
	fmt.Fprintf(&b, "@@ -1,%d +1,%d @@\n", len(old)-1, len(now)-1)
	for _, l := range old[:len(old)-1] {
		b.WriteString("-" + l)
	}
	for _, l := range now[:len(now)-1] {
		b.WriteString("+" + l)
	}
	return b.String()
}

func writeFile(name, data string) error {
	name = filepath.FromSlash(name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(data), 0o644)
}

func scriptCondition(cond string) (bool, error) {
	switch cond {
	case "root":
		return os.Geteuid() == 0, nil
	case "tmpfs":
		return canMount(), nil
	}
	return false, fmt.Errorf("unknown condition %q", cond)
}

var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	// replace FILE OLD NEW edits a file in place, through whatever links.
	"replace": func(ts *testscript.TestScript, neg bool, args []string) {
		if len(args) != 3 {
			ts.Fatalf("usage: replace FILE OLD NEW")
		}
		name := ts.MkAbs(args[0])
		data, err := os.ReadFile(name)
		ts.Check(err)
		old, now := unquote(args[1]), unquote(args[2])
		if !strings.Contains(string(data), old) {
			ts.Fatalf("%s does not contain %q", args[0], old)
		}
		os.Chmod(name, 0o644)
		ts.Check(os.WriteFile(name, []byte(strings.ReplaceAll(string(data), old, now)), 0o644))
	},
	// waitfile FILE waits until the file is there.
	"waitfile": func(ts *testscript.TestScript, neg bool, args []string) {
		for range 1000 {
			if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		ts.Fatalf("%s did not appear in 10 seconds", args[0])
	},
	// setenv VAR FILE sets a variable to the trimmed content of a file.
	"setenv": func(ts *testscript.TestScript, neg bool, args []string) {
		ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
	},
	// glob PATTERN fails if nothing matches, or with ! if anything does.
	"glob": func(ts *testscript.TestScript, neg bool, args []string) {
		names, err := filepath.Glob(ts.MkAbs(args[0]))
		ts.Check(err)
		if neg == (len(names) > 0) {
			ts.Fatalf("glob %s: %q", args[0], names)
		}
	},
	// count FILE TEXT N checks how often a file holds a text.
	"count": func(ts *testscript.TestScript, neg bool, args []string) {
		if got := fmt.Sprint(strings.Count(ts.ReadFile(args[0]), args[1])); got != args[2] {
			ts.Fatalf("%s holds %q %s times, not %s:\n%s", args[0], args[1], got, args[2], ts.ReadFile(args[0]))
		}
	},
	// tmpfs DIR SIZE|ro mounts a small or a read-only file system.
	"tmpfs": func(ts *testscript.TestScript, neg bool, args []string) {
		dir := ts.MkAbs(args[0])
		undo, err := mountTmpfs(dir, args[1])
		ts.Check(err)
		ts.Defer(undo)
	},
	"release": release,
	// sametree DIR DIR compares two folders, names and content.
	"sametree": func(ts *testscript.TestScript, neg bool, args []string) {
		a, b := treeOf(ts, args[0]), treeOf(ts, args[1])
		if !maps.Equal(a, b) {
			ts.Fatalf("trees differ:\n%q\n%q", slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b)))
		}
	},
}

func treeOf(ts *testscript.TestScript, dir string) map[string]string {
	tree := make(map[string]string)
	root := ts.MkAbs(dir)
	ts.Check(filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		rel, _ := filepath.Rel(root, name)
		tree[rel] = string(data)
		return err
	}))
	return tree
}

func unquote(s string) string {
	return strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t").Replace(s)
}
