//go:build linux

// Package daily does with ziobuild and the real toolchain what a Go user does in
// a week. A script that takes longer than about a second needs ZIO_DAILY=all,
// which scripts/daily.sh sets.
package daily

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"github.com/zio-go/zio/test/internal/zgo"
)

func TestMain(m *testing.M) { zgo.Main(m) }

func TestDaily(t *testing.T) {
	zgo.Patched(t) // assembled, or the test is skipped
	ziobuild := zgo.Stock(t).Build(t, "github.com/zio-go/zio/cmd/ziobuild")
	vars, err := exec.Command(ziobuild, "env", "ZIOROOT", "ZIOCACHE", "GOCACHE", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	v := strings.Split(strings.TrimSpace(string(vars)), "\n")
	stock, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Deadline:            time.Now().Add(time.Hour),
		Setup: func(env *testscript.Env) error {
			work := func(name string) string { return filepath.Join(env.WorkDir, name) }
			if err := os.MkdirAll(work("home"), 0o755); err != nil {
				return err
			}
			for name, value := range map[string]string{
				"PATH":           filepath.Dir(ziobuild) + ":" + os.Getenv("PATH"),
				"ZIO":            ziobuild,
				"ZIOROOT":        v[0],
				"ZIOBUILD_CACHE": v[1],
				"HOST_GOCACHE":   v[2],
				"HOST_MODCACHE":  v[3],
				"HOST_PROXY":     v[4],
				"STOCKGO":        stock,
				"HOME":           work("home"), // so go/env and the rest are not the user's
				"GOCACHE":        v[2],
				"GOBIN":          work("bin"),
				"GOPROXY":        "file://" + work("proxy"),
				"GONOSUMDB":      "*",
				"GOFLAGS":        "-modcacherw",
				"GODEBUG":        "",
			} {
				env.Setenv(name, value)
			}
			return nil
		},
		Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"module":  module,
			"setenv":  setenv,
			"tmpfs":   tmpfs,
			"replace": replace,
		},
	})
}

func condition(cond string) (bool, error) {
	switch cond {
	case "long":
		return os.Getenv("ZIO_DAILY") == "all", nil
	case "root":
		return os.Geteuid() == 0, nil
	}
	return false, fmt.Errorf("unknown condition %q", cond)
}

// module PATH VERSION DIR puts the module in DIR into the file proxy.
func module(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: module PATH VERSION DIR")
	}
	path, version, root := args[0], args[1], ts.MkAbs(args[2])
	var z bytes.Buffer
	w := zip.NewWriter(&z)
	ts.Check(filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, name)
		f, err := w.Create(path + "@" + version + "/" + filepath.ToSlash(rel))
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		return err
	}))
	ts.Check(w.Close())
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	ts.Check(err)
	dir := filepath.Join(ts.MkAbs("proxy"), filepath.FromSlash(path), "@v")
	ts.Check(os.MkdirAll(dir, 0o755))
	for name, data := range map[string][]byte{
		version + ".info": fmt.Appendf(nil, `{"Version":%q}`, version), version + ".mod": mod, version + ".zip": z.Bytes(), "list": []byte(version + "\n"),
	} {
		ts.Check(os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
}

// setenv VAR FILE sets a variable to the trimmed content of a file.
func setenv(ts *testscript.TestScript, neg bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}

// replace FILE OLD NEW edits a file.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	name := ts.MkAbs(args[0])
	data := ts.ReadFile(args[0])
	if !strings.Contains(data, args[1]) {
		ts.Fatalf("%s does not contain %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(name, []byte(strings.ReplaceAll(data, args[1], args[2])), 0o644))
}

// tmpfs DIR SIZE|ro mounts a small or a read-only file system.
func tmpfs(ts *testscript.TestScript, neg bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	flags, data := uintptr(0), "size="+args[1]
	if args[1] == "ro" {
		flags, data = unix.MS_RDONLY, ""
	}
	ts.Check(unix.Mount("tmpfs", dir, "tmpfs", flags, data))
	ts.Defer(func() { unix.Unmount(dir, unix.MNT_DETACH) })
}
