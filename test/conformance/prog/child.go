//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// Area child: processes that are waited for.
func init() {
	add("child", "status", childStatus)
	add("child", "signaled", childSignaled)
	add("child", "context", childContext)
	add("child", "delay", childDelay)
	add("child", "ignores", childIgnores)
	add("child", "stopped", childStopped)
	add("child", "twice", childTwice)
	add("child", "reaped", childReaped)
	add("child", "zz-autoreaped", childAutoreaped) // the last, since it stays so
	add("child", "released", childReleased)
	add("child", "found", childFound)
	add("child", "signal-done", childSignalDone)
	add("child", "many", childMany)
	add("child", "forks", childForks)
	add("child", "rusage", childRusage)
}

func sh(script string) *exec.Cmd { return exec.Command("sh", "-c", script) }

func childStatus(t *T) {
	for _, code := range []int{0, 1, 7, 255} {
		c := sh(fmt.Sprintf("sleep 0.02; exit %d", code))
		err := c.Run()
		ws := c.ProcessState.Sys().(syscall.WaitStatus)
		t.Print(err, c.ProcessState, c.ProcessState.Exited(), ws.ExitStatus(), ws.Signaled())
	}
	// One that has ended before anybody waits.
	c := sh("exit 3")
	t.Must(c.Start())
	moment()
	t.Print(c.Wait())
}

func childSignaled(t *T) {
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGHUP} {
		c := exec.Command("sleep", "60")
		t.Must(c.Start())
		wait := t.later("wait", func() (any, error) { return nil, c.Wait() })
		moment()
		t.Print(c.Process.Signal(sig))
		wait()
		ws := c.ProcessState.Sys().(syscall.WaitStatus)
		t.Print(ws.Signaled(), ws.Signal(), ws.CoreDump(), c.ProcessState.ExitCode())
	}
}

func childContext(t *T) {
	ctx, cancel := context.WithTimeout(context.Background(), ms(100))
	defer cancel()
	err := exec.CommandContext(ctx, "sleep", "60").Run()
	t.Print(err, ctx.Err())
	ctx, stop := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, "sh", "-c", "trap 'exit 5' TERM; echo; while :; do sleep 0.01; done")
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	trapped := must(c.StdoutPipe())
	t.Must(c.Start())
	must(trapped.Read(make([]byte, 1)))
	stop()
	t.Print(c.Wait())
}

// A grandchild keeps the pipe open after the child has ended.
func childDelay(t *T) {
	var out strings.Builder
	c := sh("echo first; sleep 60 & exit 0")
	c.Stdout = &out
	c.WaitDelay = ms(50)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err := c.Run()
	t.Print(err, errors.Is(err, exec.ErrWaitDelay), out.String())
	syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
}

func childIgnores(t *T) {
	ctx, cancel := context.WithTimeout(context.Background(), ms(150))
	defer cancel()
	c := exec.CommandContext(ctx, "sh", "-c", "trap '' TERM; while :; do sleep 0.02; done")
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = ms(50)
	t.Print(c.Run())
}

// To be stopped is not to end.
func childStopped(t *T) {
	c := exec.Command("sleep", "60")
	t.Must(c.Start())
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	c.Process.Signal(syscall.SIGSTOP)
	moment()
	select {
	case err := <-done:
		t.Print("ended", err)
	default:
		t.Print("still there")
	}
	c.Process.Signal(syscall.SIGCONT)
	moment()
	c.Process.Kill()
	t.Print(<-done)
}

func childTwice(t *T) {
	c := exec.Command("sleep", "0.03")
	t.Must(c.Start())
	var good, bad atomic.Int32
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			st, err := c.Process.Wait()
			if err == nil && st.Success() {
				good.Add(1)
			} else if errors.Is(err, syscall.ECHILD) {
				bad.Add(1)
			}
		})
	}
	wg.Wait()
	t.Print(good.Load(), bad.Load())
	_, err := c.Process.Wait()
	t.Print(err)
}

// Somebody else in the program took the status.
func childReaped(t *T) {
	c := sh("exit 4")
	t.Must(c.Start())
	var ws syscall.WaitStatus
	pid, err := syscall.Wait4(c.Process.Pid, &ws, 0, nil)
	t.Print(pid == c.Process.Pid, err, ws.ExitStatus())
	t.Print(c.Wait())

	// And while a goroutine waits.
	c = exec.Command("sleep", "0.05")
	t.Must(c.Start())
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	pid, err = syscall.Wait4(c.Process.Pid, &ws, 0, nil)
	took := err == nil && pid == c.Process.Pid
	t.Print("one of the two has it:", took != (<-done == nil))
}

func childAutoreaped(t *T) {
	signal.Ignore(syscall.SIGCHLD)
	c := exec.Command("sleep", "0.03")
	t.Must(c.Start())
	t.Print(c.Wait())
}

func childReleased(t *T) {
	c := exec.Command("sleep", "0.05")
	t.Must(c.Start())
	pid := c.Process.Pid
	t.Print(c.Process.Release())
	_, err := c.Process.Wait()
	t.Print(err)
	t.Print(c.Process.Signal(syscall.Signal(0)))
	var ws syscall.WaitStatus
	_, err = syscall.Wait4(pid, &ws, 0, nil)
	t.Print(err, ws.ExitStatus())

	// Released while somebody waits.
	c = exec.Command("sleep", "0.05")
	t.Must(c.Start())
	wait := t.later("wait", func() (any, error) { st, err := c.Process.Wait(); return st, err })
	moment()
	c.Process.Release()
	wait()
}

// A process that is no child.
func childFound(t *T) {
	p, err := os.FindProcess(os.Getppid())
	t.Print(err)
	_, err = p.Wait()
	t.Print(err)
	p, err = os.FindProcess(1 << 22)
	t.Print(err, p.Signal(syscall.Signal(0)))
	_, err = p.Wait()
	t.Print(err)
}

func childSignalDone(t *T) {
	c := exec.Command("true")
	t.Must(c.Run())
	t.Print(c.Process.Signal(syscall.SIGTERM))
	t.Print(c.Process.Kill())
}

func childMany(t *T) {
	var wg sync.WaitGroup
	var wrong atomic.Int32
	for i := range 100 {
		c := sh(fmt.Sprintf("exit %d", i))
		t.Must(c.Start())
		wg.Go(func() {
			c.Wait()
			if c.ProcessState.ExitCode() != i {
				wrong.Add(1)
			}
		})
	}
	wg.Wait()
	t.Print("wrong:", wrong.Load())
	_, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
	t.Print("left:", err)
}

// Children are started and waited for by many goroutines at once.
func childForks(t *T) {
	var wg sync.WaitGroup
	var wrong atomic.Int32
	for g := range 8 {
		wg.Go(func() {
			for i := range 15 {
				want := fmt.Sprint(g, " ", i)
				out, err := exec.Command("echo", want).Output()
				if err != nil || strings.TrimSpace(string(out)) != want {
					wrong.Add(1)
				}
			}
		})
	}
	wg.Wait()
	t.Print("wrong:", wrong.Load())
}

func childRusage(t *T) {
	c := sh("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done")
	t.Must(c.Run())
	ru, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	t.Print(ok, ru.Maxrss > 0, c.ProcessState.UserTime()+c.ProcessState.SystemTime() > 0, c.ProcessState.Pid() == c.Process.Pid)
}
