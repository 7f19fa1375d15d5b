package patchset

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// BaseTag marks the commit of an edit repository that holds the base release.
const BaseTag = "zio-base"

// Every patch has this author and date, so that the files do not depend on who
// wrote them and when.
const (
	author     = "zio <zio@localhost>"
	authorDate = "Thu, 1 Jan 2026 00:00:00 +0000"
	authorUnix = "1767225600 +0000"
)

// git runs git in dir without the user's configuration and returns its output.
// It is needed to edit and extract patches, never to apply them.
func git(dir string, stdin []byte, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	for _, kv := range os.Environ() {
		// A GIT_DIR of the caller would name another repository.
		if !strings.HasPrefix(kv, "GIT_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "PWD="+dir)
	cmd.Stdin = bytes.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("git %s: %v\n%s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}
