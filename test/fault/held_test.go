//go:build linux

package fault

import (
	"fmt"
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
				got := runProgArgs(t, []string{"held", how}, "io_uring", fmt.Sprintf("GOMAXPROCS=%d", procs))
				var n, median, max int
				fmt.Sscanf(got, "messages %d median %d max %d", &n, &median, &max)
				if n != 25 {
					t.Fatalf("output: %q", got)
				}
				t.Logf("late by %d us, %d at most", median, max)
				// The P is taken away after 10 ms.
				if median > 3000 {
					t.Errorf("messages are held back for %d us", median)
				}
			})
		}
	}
}
