// Package tied runs commands that do not outlive this process.
package tied

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// ErrLimit is in the error of a command that took too long.
var ErrLimit = errors.New("time limit")

// Run runs cmd. The command is killed after the limit, or when a signal ends
// this process; on Linux also when this process is killed.
func Run(cmd *exec.Cmd, limit time.Duration) error {
	// The parent in the sense of [endWithParent] is a thread. It has to live
	// as long as the command.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	endWithParent(cmd)
	// A grandchild may keep the pipes open.
	cmd.WaitDelay = 5 * time.Second

	sigs := make(chan os.Signal, 1)
	signal.Notify(sigs, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(sigs)
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		cmd.Process.Kill()
		<-done
		return fmt.Errorf("no end after %v: %w", limit, ErrLimit)
	case sig := <-sigs:
		cmd.Process.Kill()
		<-done
		// End as the signal would have ended this process.
		signal.Stop(sigs)
		if p, err := os.FindProcess(os.Getpid()); err == nil && p.Signal(sig) == nil {
			time.Sleep(time.Second)
		}
		return fmt.Errorf("%v", sig)
	}
}
