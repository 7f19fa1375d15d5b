// Package hang ends programs that take too long, but first has them show the
// stacks of their goroutines.
package hang

import (
	"os/exec"
	"time"
)

// End asks a command for its stacks, and kills it if it has not ended, which done
// tells, after some patience. A command that [Group] was called for takes what it
// started along.
func End(cmd *exec.Cmd, done <-chan struct{}, patience time.Duration) {
	quit(cmd)
	select {
	case <-done:
	case <-time.After(patience):
	}
	Kill(cmd)
}
