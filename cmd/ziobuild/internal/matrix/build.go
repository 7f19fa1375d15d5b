package matrix

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// A Side is a toolchain.
type Side struct {
	Name   string // Zio or Base
	Go     string
	GOROOT string
	Env    []string // the whole environment of its go command
}

// Names of the sides.
const (
	Zio  = "zio"
	Base = "base"
)

// command returns the side's go command for a port, which runs in dir.
func (s *Side) command(ctx context.Context, j *Job, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.Go, args...)
	cmd.Dir = dir
	cmd.Env = append(append([]string{}, s.Env...), append(j.Port.Env(j.Variant), "CGO_ENABLED=0", "PWD="+dir)...)
	return cmd
}

// output runs a go command and returns what it prints.
func (s *Side) output(ctx context.Context, j *Job, dir string, args ...string) (string, error) {
	cmd := s.command(ctx, j, dir, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}

// Compile builds a file of package main for a port.
func (s *Side) Compile(ctx context.Context, j *Job, file, to string) error {
	_, err := s.output(ctx, j, filepath.Dir(file), "build", "-ldflags=-s -w", "-o", to, file)
	return err
}

// A builder builds each program once for a port and a side: what runs on several
// kernels, or under several runners, is the same file.
type builder struct {
	dir  string // for the results
	src  string // folder for the go commands
	lock sync.Mutex
	done map[string]*built
}

type built struct {
	n    int
	once sync.Once
	file string
	dir  string // of the package
	err  error
}

// errNoTests says that a package has none.
var errNoTests = errors.New("no test files")

// program builds a package, or with test its tests, and returns the file and the
// package's folder.
func (b *builder) program(ctx context.Context, j *Job, s *Side, pkg string, test bool) (file, dir string, err error) {
	key := strings.Join([]string{j.Port.Name(), j.Variant.Env, s.Name, pkg, fmt.Sprint(test)}, " ")
	b.lock.Lock()
	e := b.done[key]
	if e == nil {
		e = &built{n: len(b.done)}
		b.done[key] = e
	}
	b.lock.Unlock()
	e.once.Do(func() {
		name := filepath.Join(b.dir, fmt.Sprintf("%d-%s", e.n, strings.ReplaceAll(strings.Trim(pkg, "./"), "/", "_")))
		if j.Port.GOOS == "windows" {
			name += ".exe"
		}
		args := []string{"build", "-ldflags=-w", "-o", name, pkg}
		if test {
			args = append([]string{"test", "-c"}, args[1:]...)
		}
		if _, e.err = s.output(ctx, j, b.src, args...); e.err != nil {
			return
		}
		if _, err := os.Stat(name); err != nil {
			e.err = errNoTests
			return
		}
		e.file = name
		if test {
			e.dir, e.err = s.output(ctx, j, b.src, "list", "-f", "{{.Dir}}", pkg)
			e.dir = strings.TrimSpace(e.dir)
		}
	})
	return e.file, e.dir, e.err
}
