//go:build linux

package fault

import (
	"fmt"
	"slices"
	"testing"

	"github.com/zio-go/zio/test/internal/zgo"
)

// A send that is queued for a batch does not wait for a goroutine that computes
// on the same P or blocks in a system call there, whether there are idle Ps or
// not.
func TestSendNotHeld(t *testing.T) {
	zgo.NeedUring(t)
	for _, how := range []string{"compute", "syscall"} {
		for _, procs := range zgo.Procs {
			t.Run(fmt.Sprintf("%s-%d", how, procs), func(t *testing.T) {
				var lates []int
				for range 11 {
					got := runProgArgs(t, []string{"held", how}, "io_uring", fmt.Sprintf("GOMAXPROCS=%d", procs))
					late := -1
					fmt.Sscanf(got, "late %d", &late)
					if late < 0 {
						t.Fatalf("output: %q", got)
					}
					lates = append(lates, late)
				}
				slices.Sort(lates)
				t.Logf("late by %d us", lates)
				// The P is taken away after 10 ms. Not the median, since
				// the receiver needs a processor, too.
				if late := lates[len(lates)/4]; late > 3000 {
					t.Errorf("a message is held back for %d us", late)
				}
			})
		}
	}
}
