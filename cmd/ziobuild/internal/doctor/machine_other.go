//go:build !linux

package doctor

import (
	"runtime"

	"github.com/zio-go/zio/cmd/ziobuild/internal/ioprobe"
)

// Machine checks what there is to check on this system.
func Machine(func() ioprobe.Result) []Check {
	return []Check{warn("backend", "", "%s has no submission backend yet: programs use the stock netpoller", runtime.GOOS)}
}
