//go:build unix

package suite

import (
	"os/exec"
	"syscall"
)

// ownGroup puts a command that is about to start into a process group of its
// own, so that nothing that a test leaves behind survives.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// quitGroup asks every process of a command's group for a dump of its goroutines.
func quitGroup(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGQUIT) }

// killGroup ends every process of a command's group.
func killGroup(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
