//go:build !unix

package hang

import "os/exec"

// Group does nothing here.
func Group(*exec.Cmd) {}

// Kill ends a command.
func Kill(cmd *exec.Cmd) { cmd.Process.Kill() }

func quit(cmd *exec.Cmd) { cmd.Process.Kill() }
