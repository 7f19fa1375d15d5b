// Package ioprobe tries io_uring as the patched runtime does when a program
// opens its first socket: a ring with the runtime's flags, size, required
// features and restrictions, and a NOP through it. A test compares the two.
package ioprobe

import "fmt"

// A Result says how far the probe came.
type Result struct {
	// Call is the system call that failed, "" if the ring works. Errno is its
	// error's name, or what else was wrong with it.
	Call, Errno string

	// Degraded says that the ring works without what Linux 5.19 brings.
	Degraded bool
}

// String describes a failure as the runtime does.
func (r Result) String() string {
	if r.Call == "" {
		return "ring and NOP work"
	}
	return fmt.Sprintf("%s: %s", r.Call, r.Errno)
}
