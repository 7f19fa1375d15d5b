package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/zio-go/zio/cmd/ziobuild/internal/base"
	"github.com/zio-go/zio/cmd/ziobuild/internal/goroot"
)

// bootstrap returns the go command that fetches the base release.
func (a *app) bootstrap() (string, error) {
	if name := os.Getenv("ZIOBUILD_GO"); name != "" {
		path, err := exec.LookPath(name)
		if err != nil {
			return "", fmt.Errorf("ZIOBUILD_GO=%s: %v", name, err)
		}
		if isSelf(path) {
			return "", fmt.Errorf("ZIOBUILD_GO=%s is ziobuild itself; set it to a go command that is not", name)
		}
		return path, nil
	}
	path, err := lookGo()
	if err != nil {
		return "", fmt.Errorf("no go command found to fetch the base release with: %v; install Go 1.21 or newer, or set ZIOBUILD_GO to a go command", err)
	}
	return path, nil
}

// lookGo finds go in PATH, passing over those of assembled trees, since a
// ziobuild that runs inside of another has one of them first, and over links to
// ziobuild, which some have in the place of go.
func lookGo() (string, error) {
	self := 0
	for _, dir := range filepath.SplitList(stockPath()) {
		path, err := exec.LookPath(filepath.Join(dir, "go"))
		if err != nil || !filepath.IsAbs(path) {
			continue
		}
		if !isSelf(path) {
			return path, nil
		}
		self++
	}
	if self > 0 {
		return "", fmt.Errorf("go in PATH is ziobuild itself")
	}
	return exec.LookPath("go")
}

// isSelf reports whether a command is this executable under another name.
func isSelf(path string) bool {
	exe, err := os.Executable()
	if err != nil {
		return false
	}
	a, err1 := filepath.EvalSymlinks(exe)
	b, err2 := filepath.EvalSymlinks(path)
	return err1 == nil && err2 == nil && a == b
}

// stockPath is PATH without the folders of assembled trees.
func stockPath() string {
	var dirs []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if !goroot.IsAssembled(filepath.Dir(dir)) {
			dirs = append(dirs, dir)
		}
	}
	return strings.Join(dirs, string(filepath.ListSeparator))
}

// bypassGuard holds the process that became the bootstrap go command.
const bypassGuard = "ZIOBUILD_BYPASSING"

// checkLoop refuses to run as the bootstrap go command, which a copy of
// ziobuild or a script that runs it can be taken for: it would look for the
// bootstrap go command and find itself, and the first one waits with the lock.
func checkLoop() error {
	if os.Getenv(base.Guard) != "" || os.Getenv(bypassGuard) == strconv.Itoa(os.Getpid()) {
		return fmt.Errorf("the go command that should fetch the base release is ziobuild itself; set ZIOBUILD_GO to a go command that is not, such as /usr/local/go/bin/go")
	}
	return nil
}

// fetchLimit is the time that a download of the base release may take.
func fetchLimit() (time.Duration, error) {
	v := os.Getenv("ZIOBUILD_TIMEOUT")
	if v == "" {
		return time.Hour, nil
	}
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("ZIOBUILD_TIMEOUT=%s is not a time such as 90m", v)
	}
	return d, nil
}
