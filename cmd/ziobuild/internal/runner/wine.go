package runner

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// oldestWine is the first Debian has that knows what Go programs call: Wine 8 lacks
// bcryptprimitives.dll.
const oldestWine = 10

// Wine runs programs of windows.
type Wine struct {
	local
	goarch  string
	prefix  string
	version string
	err     error
}

// NewWine returns a runner of programs of windows/GOARCH, whose folder for Wine's
// registry and files is in dir.
func NewWine(goarch, dir string, path ...string) *Wine {
	w := &Wine{goarch: goarch, prefix: filepath.Join(dir, "prefix")}
	w.path = path
	w.env = []string{"WINEPREFIX=" + w.prefix, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml,winemenubuilder.exe="}
	tool, err := exec.LookPath("wine")
	if err != nil {
		w.err = &Missing{"wine", "'scripts/emulators.sh wine' installs it on Debian 13"}
		return w
	}
	w.wrap = []string{tool}
	w.version = toolVersion(tool, "--version") // "wine-10.0 (Debian ...)"
	if major, _, _ := strings.Cut(w.version, "."); !atLeast(major, oldestWine) {
		w.err = &Missing{fmt.Sprintf("wine %d", oldestWine), fmt.Sprintf("%s is %s, which cannot run Go programs; Debian 13 has a newer one", tool, w.version)}
	}
	return w
}

// atLeast reports whether a word is a number of at least n.
func atLeast(word string, n int) bool {
	v, err := strconv.Atoi(word)
	return err == nil && v >= n
}

// Check returns what was missing when the runner was made.
func (w *Wine) Check() error { return w.err }

// Version is Wine's.
func (w *Wine) Version() string { return "wine " + w.version }

// Run makes the prefix, which takes half a minute, and ends everything that Wine has
// left running at the end.
func (w *Wine) Run(ctx context.Context, tasks []Task, done func(*Result)) error {
	if err := os.MkdirAll(w.prefix, 0o755); err != nil {
		return err
	}
	if out, err := w.tool(ctx, "wineboot", "--init"); err != nil {
		return &Missing{"prefix of wine", fmt.Sprintf("wineboot --init: %v: %s", err, strings.TrimSpace(out))}
	}
	system := "system32"
	if w.goarch == "386" {
		system = "syswow64"
	}
	if _, err := os.Stat(filepath.Join(w.prefix, "drive_c", "windows", system, "kernel32.dll")); err != nil {
		return &Missing{"wine for " + w.goarch, "Debian has it as wine64 and wine32: " + err.Error()}
	}
	defer w.tool(context.WithoutCancel(ctx), "wineserver", "-k")
	return w.local.Run(ctx, tasks, done)
}

// tool runs a program of Wine's.
func (w *Wine) tool(ctx context.Context, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(w.environ(), "PWD="+w.prefix)
	cmd.Dir = w.prefix
	cmd.WaitDelay = 5 * time.Second // its servers keep the pipe
	out, err := cmd.CombinedOutput()
	if err == exec.ErrWaitDelay {
		err = nil
	}
	return string(out), err
}
