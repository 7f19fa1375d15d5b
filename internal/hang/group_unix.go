//go:build unix

package hang

import (
	"os/exec"
	"syscall"
)

// Group puts a command that is about to start into a process group of its own, so
// that nothing that it leaves behind survives.
func Group(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Setpgid = true
}

// Kill ends a command, and its group if it has one.
func Kill(cmd *exec.Cmd) { syscall.Kill(target(cmd), syscall.SIGKILL) }

// quit makes Go programs dump their stacks; one that is stopped goes on first.
func quit(cmd *exec.Cmd) {
	syscall.Kill(target(cmd), syscall.SIGCONT)
	syscall.Kill(target(cmd), syscall.SIGQUIT)
}

func target(cmd *exec.Cmd) int {
	if a := cmd.SysProcAttr; a != nil && a.Setpgid {
		return -cmd.Process.Pid
	}
	return cmd.Process.Pid
}
