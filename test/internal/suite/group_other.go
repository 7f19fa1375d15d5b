//go:build !unix

package suite

import "os/exec"

func ownGroup(cmd *exec.Cmd) {}

func quitGroup(cmd *exec.Cmd) { cmd.Process.Kill() }

func killGroup(cmd *exec.Cmd) { cmd.Process.Kill() }
