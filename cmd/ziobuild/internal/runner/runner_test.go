//go:build unix

package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The test binary is the helper, as ziobuild is.
func TestMain(m *testing.M) {
	if os.Getenv(Helper) != "" {
		if err := RunHelper(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func script(t *testing.T, dir, name, text string) string {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.WriteFile(name, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

func runAll(t *testing.T, r Runner, tasks ...Task) map[string]*Result {
	t.Helper()
	got := map[string]*Result{}
	if err := r.Run(context.Background(), tasks, func(r *Result) { got[r.ID] = r }); err != nil {
		t.Fatal(err)
	}
	return got
}

// What became of programs that end in every way.
func TestNative(t *testing.T) {
	t.Setenv("GOFLAGS", "-mod=bad")
	dir := t.TempDir()
	sh := func(id, text string, limit time.Duration) Task {
		return Task{ID: id, File: script(t, dir, id, text), Args: []string{"a b"}, Env: []string{"GODEBUG=x=1"}, Timeout: limit}
	}
	got := runAll(t, NewNative(dir),
		sh("good", `echo "$1" "$GODEBUG$GOFLAGS"; echo err >&2`, time.Minute),
		sh("bad", "exit 3", time.Minute),
		sh("dead", "kill -9 $$", time.Minute),
		sh("late", "echo begun; sleep 100", 300*time.Millisecond),
		sh("nested", "good x", time.Minute),
		Task{ID: "none", File: filepath.Join(dir, "none"), Timeout: time.Minute},
	)
	if r := got["good"]; r.Stdout != "a b x=1\n" || r.Stderr != "err\n" || r.Bad() != "" {
		t.Errorf("good: %+v", r)
	}
	if r := got["nested"]; r.Stdout != "x x=1\n" {
		t.Errorf("nested: %+v", r)
	}
	for id, want := range map[string]string{"bad": "exit status 3", "dead": "killed: signal: killed", "late": "took longer", "none": "no such file"} {
		if r := got[id]; !strings.Contains(r.Bad(), want) {
			t.Errorf("%s: %q, want %q", id, r.Bad(), want)
		}
	}
	if r := got["late"]; r.Stdout != "begun\n" || r.Seconds > 10 {
		t.Errorf("late: %+v", r)
	}
}

// A hangup ends a program though this process ignores it.
func TestHangup(t *testing.T) {
	if os.Getenv("HANGUP") == "" {
		cmd := exec.Command("sh", "-c", `trap "" HUP; exec "$0" -test.run '^TestHangup$'`, os.Args[0])
		cmd.Env = append(os.Environ(), "HANGUP=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	prog := script(t, t.TempDir(), "prog", "kill -HUP $$; echo alive")
	got := runAll(t, NewNative(), Task{ID: "x", File: prog, Timeout: time.Minute})
	if r := got["x"]; r.Signal == "" || r.Stdout != "" {
		t.Errorf("%+v", r)
	}
}

// The emulator is found in PATH under both of its names, a nested go command
// finds the wrapper, and where there is none it is missing.
func TestQEMUUser(t *testing.T) {
	bin, dir := t.TempDir(), t.TempDir()
	t.Setenv("PATH", bin+":/usr/bin:/bin")
	var m *Missing
	if err := NewQEMUUser("linux", "vax", "vax", "", dir).Check(); !errors.As(err, &m) || m.Tool != "qemu-vax" {
		t.Fatalf("without an emulator: %v", err)
	}
	script(t, bin, "qemu-vax-static", `case $1 in --version) echo "qemu-vax version 10.0.2 (x)"; exit;; esac
test "$QEMU_CPU" = 780 || exit 9
echo emulated; exec "$@"`)
	q := NewQEMUUser("linux", "vax", "vax", "780", filepath.Join(dir, "w"))
	if err := q.Check(); err != nil {
		t.Fatal(err)
	}
	if v := q.Version(); !strings.HasPrefix(v, "qemu-vax 10.0.2, kernel ") {
		t.Error(v)
	}
	got := runAll(t, q,
		Task{ID: "direct", File: script(t, dir, "prog", `echo "ran $1"`), Args: []string{"x"}, Timeout: time.Minute},
		Task{ID: "nested", File: script(t, dir, "outer", "go_linux_vax_exec "+filepath.Join(dir, "prog")+" 'y z'"), Timeout: time.Minute})
	if r := got["direct"]; r.Stdout != "emulated\nran x\n" {
		t.Errorf("direct: %+v", r)
	}
	if r := got["nested"]; r.Stdout != "emulated\nemulated\nran y z\n" {
		t.Errorf("nested: %+v", r)
	}
}

// A program under the real emulator starts itself, where the kernel allows that.
func TestNested(t *testing.T) {
	if testing.Short() || runtime.GOARCH == "arm" {
		t.Skip("compiles for arm")
	}
	dir := t.TempDir()
	q := NewQEMUUser("linux", "arm", "arm", "", filepath.Join(dir, "w"))
	if err := q.Check(); err != nil {
		t.Skip(err)
	}
	if q.interpreter == "" {
		t.Skip("this kernel has no table of formats for namespaces")
	}
	src := filepath.Join(dir, "main.go")
	if err := os.WriteFile(src, []byte(nestedProgram), 0o644); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "prog")
	cmd := exec.Command("go", "build", "-o", file, src)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm", "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := runAll(t, q, Task{ID: "x", File: file, Args: []string{"2"}, Timeout: time.Minute})
	if r := got["x"]; r.Stdout != "2 arm\n1 arm\n0 arm\n" {
		t.Errorf("%+v", r)
	}
}

const nestedProgram = `package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
)

func main() {
	n, _ := strconv.Atoi(os.Args[1])
	fmt.Println(n, runtime.GOARCH)
	if n > 0 {
		cmd := exec.Command(os.Args[0], strconv.Itoa(n-1))
		cmd.Stdout = os.Stdout
		if err := cmd.Run(); err != nil {
			fmt.Println(err)
		}
	}
}
`

// Wine is not there, or too old, or cannot make its prefix; with it programs run below
// it, and its server is ended.
func TestWine(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir+":/bin:/usr/bin")
	var missing *Missing
	check := func(tool string) {
		t.Helper()
		if err := NewWine("amd64", t.TempDir()).Check(); !errors.As(err, &missing) || missing.Tool != tool {
			t.Errorf("error %v, not that %s is missing", err, tool)
		}
	}
	if _, err := exec.LookPath("wine"); err != nil {
		check("wine")
	}
	script(t, dir, "wine", `[ "$1" != --version ] || { echo "wine-8.0 (Debian 8.0~repack-4)"; exit; }`)
	check("wine 10")
	script(t, dir, "wine", `[ "$1" != --version ] || { echo "wine-10.0 (Debian 10.0~repack-6)"; exit; }
echo "$(basename "$WINEPREFIX") runs $(basename "$1") $2"`)
	script(t, dir, "wineboot", "exit 0")
	script(t, dir, "wineserver", `echo "$1" >`+dir+"/ended")
	w := NewWine("amd64", t.TempDir())
	if err := w.Check(); err != nil || w.Version() != "wine 10.0" {
		t.Errorf("%v, version %q", err, w.Version())
	}
	task := Task{ID: "a", File: "/x/prog.exe", Args: []string{"arg"}, Timeout: time.Minute}
	if err := w.Run(t.Context(), []Task{task}, func(*Result) {}); !errors.As(err, &missing) {
		t.Errorf("no prefix: %v", err)
	}
	script(t, dir, "wineboot", `mkdir -p "$WINEPREFIX/drive_c/windows/system32" && touch "$WINEPREFIX/drive_c/windows/system32/kernel32.dll"`)
	if got := runAll(t, w, task); got["a"].Stdout != "prefix runs prog.exe arg\n" {
		t.Errorf("%+v", got["a"])
	}
	if err := NewWine("386", t.TempDir()).Run(t.Context(), []Task{task}, func(*Result) {}); !errors.As(err, &missing) || missing.Tool != "wine for 386" {
		t.Errorf("no 32-bit Wine: %v", err)
	}
	if data, err := os.ReadFile(dir + "/ended"); err != nil || string(data) != "-k\n" {
		t.Errorf("the server was not ended: %q, %v", data, err)
	}
}

// Tasks of which one wants to be alone run one after another.
func TestAlone(t *testing.T) {
	dir := t.TempDir()
	held := filepath.Join(dir, "held")
	file := script(t, dir, "hold", fmt.Sprintf("mkdir %[1]q && sleep 0.05 && rmdir %[1]q", held))
	var tasks []Task
	for i := range 4 {
		tasks = append(tasks, Task{ID: fmt.Sprint(i), File: file, Timeout: time.Minute, Alone: i == 2})
	}
	for id, r := range runAll(t, NewNative(), tasks...) {
		if r.Bad() != "" {
			t.Errorf("%s: %s %s", id, r.Bad(), r.Stderr)
		}
	}
}
