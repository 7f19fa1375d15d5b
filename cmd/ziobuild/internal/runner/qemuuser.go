package runner

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// QEMUUser runs programs of another architecture under QEMU's user emulator, on
// this machine's kernel. There is no io_uring: QEMU does not know its calls.
type QEMUUser struct {
	local
	name, cpu    string
	goos, goarch string
	dir          string
	err          error
}

// NewQEMUUser returns a runner for a port under qemu-NAME, with that -cpu if it is
// not empty. Where the kernel allows it, programs can start others of their kind. dir gets a command go_GOOS_GOARCH_exec, which is how a nested go test
// or go run finds the emulator: no binfmt and no root is needed. path is put in front of
// PATH after it.
func NewQEMUUser(goos, goarch, name, cpu, dir string, path ...string) *QEMUUser {
	q := &QEMUUser{name: name, cpu: cpu, goos: goos, goarch: goarch, dir: dir}
	q.path = append([]string{dir}, path...)
	q.err = q.setup()
	return q
}

func (q *QEMUUser) setup() error {
	tool := ""
	for _, n := range []string{"qemu-" + q.name, "qemu-" + q.name + "-static"} {
		if p, err := exec.LookPath(n); err == nil {
			tool = p
			break
		}
	}
	if tool == "" {
		return &Missing{"qemu-" + q.name, "scripts/emulators.sh installs it"}
	}
	q.wrap = []string{tool}
	if q.cpu != "" {
		q.env = []string{"QEMU_CPU=" + q.cpu}
	}
	// What this kernel runs by itself needs no help, and would get it for every
	// program of this machine.
	if q.goarch != runtime.GOARCH && !(q.goarch == "386" && runtime.GOARCH == "amd64") && canNest(tool) {
		q.interpreter = tool
	}
	if err := os.MkdirAll(q.dir, 0o755); err != nil {
		return err
	}
	script := "#!/bin/sh\nexec " + quote(tool)
	name := filepath.Join(q.dir, "go_"+q.goos+"_"+q.goarch+"_exec")
	return os.WriteFile(name, []byte(script+" \"$@\"\n"), 0o755)
}

// quote makes a word of a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Check returns what was missing when the runner was made.
func (q *QEMUUser) Check() error { return q.err }

// Version is the emulator's.
func (q *QEMUUser) Version() string {
	if q.err != nil {
		return ""
	}
	v := fmt.Sprintf("qemu-%s %s, kernel %s", q.name, toolVersion(q.wrap[0], "--version"), kernelRelease())
	if q.interpreter == "" {
		v += ", programs cannot start programs of their kind"
	}
	return v
}

// toolVersion finds the first word with a digit in what a tool says of itself.
func toolVersion(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return "of unknown version"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	for w := range strings.FieldsSeq(line) {
		if w := strings.TrimPrefix(strings.Trim(w, "(),v"), "wine-"); w != "" && w[0] >= '0' && w[0] <= '9' {
			return w
		}
	}
	return "of unknown version"
}
