// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix

package zio_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
	"zio"
)

// Processes and files in code that knows nothing of package zio; see unchanged_test.go.

// A command is killed and reaped, whoever started it.
func TestExec(t *testing.T) {
	path := find(t, "sleep")
	commands := map[string]func(c *exec.Cmd) error{
		"Run":    func(c *exec.Cmd) error { return c.Run() },
		"Output": func(c *exec.Cmd) error { _, err := c.Output(); return err },
		"Wait": func(c *exec.Cmd) error {
			if err := c.Start(); err != nil {
				return err
			}
			return c.Wait()
		},
	}
	for name, run := range commands {
		t.Run(name, func(t *testing.T) {
			c := exec.Command(path, "1000")
			var err error
			within(t, func() error { err = run(c); return err })
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Success() || c.ProcessState == nil {
				t.Errorf("got %v, state %v", err, c.ProcessState)
			}
			if err := c.Process.Signal(os.Kill); !errors.Is(err, os.ErrProcessDone) {
				t.Errorf("the process is not reaped: %v", err)
			}
		})
	}
	// Output that is read from a pipe.
	c := exec.Command(path, "1000")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	within(t, func() error { _, err := io.ReadAll(out); return err })
	within(t, c.Wait)
	// A command that ends by itself in a scope that is canceled later.
	err = zio.Scope(func(tok zio.Token) error {
		defer tok.Cancel(nil)
		return exec.Command(path, "0").Run()
	})
	if err != nil {
		t.Errorf("a command that ended by itself: %v", err)
	}
}

// What a command leaves behind, and one that does not listen, keep Wait no longer than
// they may.
func TestExecDelay(t *testing.T) {
	sh := find(t, "sh")
	for name, script := range map[string]string{
		"child":            "sleep 1000",
		"output left open": "sleep 1000 & echo started",
		"both":             "sleep 1000 & sleep 1000",
	} {
		t.Run(name, func(t *testing.T) {
			c := exec.Command(sh, "-c", "echo $$; "+script)
			c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			var out bytes.Buffer
			c.Stdout = &out
			within(t, c.Run)
			if c.ProcessState == nil || out.Len() == 0 {
				t.Errorf("state %v, output %q", c.ProcessState, out.String())
			}
			syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		})
	}
	c := exec.CommandContext(context.Background(), sh, "-c", "trap '' TERM; sleep 1000")
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 50 * time.Millisecond
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	within(t, c.Run)
	syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
	if ws := c.ProcessState.Sys().(syscall.WaitStatus); ws.Signal() != syscall.SIGKILL && ws.Signal() != syscall.SIGTERM {
		t.Errorf("a command that ignores SIGTERM: %v", c.ProcessState)
	}
}

// Process.Wait is canceled, and the process is as it was.
func TestProcessWait(t *testing.T) {
	path := find(t, "sleep")
	p, err := os.StartProcess(path, []string{"sleep", "1000"}, &os.ProcAttr{})
	if err != nil {
		t.Fatal(err)
	}
	wait := func() error { _, err := p.Wait(); return err }
	if runtime.GOOS == "linux" {
		within(t, wait)
		checkCanceled(t, zio.Timeout(0, wait), context.DeadlineExceeded)
	}
	if err := p.Kill(); err != nil {
		t.Errorf("after a wait that was canceled: %v", err)
	}
	err = zio.Timeout(0, func() error { return zio.Cleanup(10*time.Second, wait) })
	if err != nil {
		t.Errorf("in a Cleanup: %v", err)
	}
	if err := p.Signal(os.Kill); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("the process is not reaped: %v", err)
	}
}

// What is read from a file is read in a canceled scope, too, unless the disk has to
// be waited for; Sync always waits.
func TestFiles(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("content"); err != nil {
		t.Fatal(err)
	}
	zio.Timeout(0, func() error {
		var b [7]byte
		if n, err := f.ReadAt(b[:], 0); err != nil || string(b[:n]) != "content" {
			t.Errorf("ReadAt: %q, %v", b[:n], err)
		}
		if got, err := os.ReadFile(f.Name()); err != nil || string(got) != "content" {
			t.Errorf("ReadFile: %q, %v", got, err)
		}
		if _, err := f.WriteAt(b[:], 7); err != nil {
			t.Errorf("WriteAt: %v", err)
		}
		if runtime.GOOS == "linux" {
			checkCanceled(t, f.Sync(), context.DeadlineExceeded)
		}
		return nil
	})
	if err := zio.Timeout(time.Hour, f.Sync); err != nil {
		t.Errorf("Sync in a scope: %v", err)
	}
	if got, err := os.ReadFile(f.Name()); err != nil || string(got) != "contentcontent" {
		t.Errorf("%q, %v", got, err)
	}
}

// What is done once is done for all: the scope of who comes first is not that of the
// others.
func TestOnce(t *testing.T) {
	c, s := pair(t, "tcp")
	s.Write([]byte("x"))
	var once sync.Once
	zio.Timeout(0, func() error {
		once.Do(func() {
			if err := zio.Check(); err != nil || zio.Self() != (zio.Token{}) {
				t.Errorf("in Once: %v", err)
			}
			if _, err := c.Read(make([]byte, 1)); err != nil {
				t.Errorf("a read in Once: %v", err)
			}
			checkCanceled(t, zio.Timeout(0, zio.Check), context.DeadlineExceeded)
		})
		checkCanceled(t, zio.Check(), context.DeadlineExceeded)
		return nil
	})
	var panics sync.Once
	err := zio.Scope(func(tok zio.Token) error {
		defer func() {
			if recover() != "once" || zio.Self() != tok {
				t.Errorf("after a panic in Once the scope is %v, want %v", zio.Self(), tok)
			}
		}()
		panics.Do(func() { panic("once") })
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
