//go:build unix

// Package child runs a test program. One that takes too long is asked for its
// goroutines' stacks before it is killed.
package child

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/zio-go/zio/internal/hang"
)

// A Cmd is a program to run.
type Cmd struct {
	Path    string
	Args    []string
	Env     []string                            // added to the environment, which lacks GODEBUG, GOMAXPROCS and GOTRACEBACK
	Timeout time.Duration                       // one minute if 0
	Setup   func(*exec.Cmd)                     // called before the program is started, if not nil
	Poke    func(pid int, stop <-chan struct{}) // runs beside the program until stop is closed, if not nil
}

// A Result is what became of a program.
type Result struct {
	Stdout, Stderr string
	Code           int            // exit status, -1 if a signal ended it
	Signal         syscall.Signal // that ended it, or 0
	TimedOut       bool
	Elapsed        time.Duration
	Err            error // that kept it from being started
}

// Run runs c.
func Run(c Cmd) Result {
	cmd := exec.Command(c.Path, c.Args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		switch name {
		case "GODEBUG", "GOMAXPROCS", "GOTRACEBACK":
		default:
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "GOTRACEBACK=all")
	cmd.Env = append(cmd.Env, c.Env...)
	// In a group of its own, so that its children go with it. They may keep
	// the pipes open.
	hang.Group(cmd)
	cmd.WaitDelay = 5 * time.Second
	if c.Setup != nil {
		c.Setup(cmd)
	}
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return Result{Err: err, Code: -1}
	}
	pid := cmd.Process.Pid
	stop := make(chan struct{})
	poked := make(chan struct{})
	go func() {
		defer close(poked)
		if c.Poke != nil {
			c.Poke(pid, stop)
		}
	}()
	done := make(chan struct{})
	var err error
	go func() { err = cmd.Wait(); close(done) }()
	var r Result
	select {
	case <-done:
		close(stop)
		<-poked
		hang.Kill(cmd) // what it left in its group
	case <-time.After(c.Timeout):
		r.TimedOut = true
		close(stop)
		<-poked
		hang.End(cmd, done, 10*time.Second)
		<-done
	}
	r.Elapsed = time.Since(start)
	r.Stdout, r.Stderr = stdout.String(), stderr.String()
	var exit *exec.ExitError
	switch {
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
	case errors.As(err, &exit):
		r.Code = exit.ExitCode()
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			r.Signal = ws.Signal()
		}
	default:
		r.Err = err
		r.Code = -1
	}
	return r
}

// Bad describes a program that did not end well, "" if it did.
func (r Result) Bad() string {
	what := ""
	switch {
	case r.Err != nil:
		return r.Err.Error()
	case r.TimedOut:
		what = fmt.Sprintf("took longer than %v", r.Elapsed.Round(time.Second))
	case r.Signal != 0:
		what = "killed by " + r.Signal.String()
	case r.Code != 0:
		what = fmt.Sprintf("exit status %d", r.Code)
	default:
		return ""
	}
	return what + "\n" + Trim(r.Stdout, 4<<10) + Trim(r.Stderr, 24<<10)
}

// Trim shortens s to about n bytes by leaving out the middle.
func Trim(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n/2] + fmt.Sprintf("\n[%d bytes left out]\n", len(s)-n) + s[len(s)-n/2:]
}
