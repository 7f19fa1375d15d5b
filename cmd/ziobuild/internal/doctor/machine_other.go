//go:build !linux

package doctor

import "runtime"

// Machine checks what there is to check on this system.
func Machine() []Check {
	return []Check{warn("backend", "", "%s has no submission backend yet: programs use the stock netpoller", runtime.GOOS)}
}
