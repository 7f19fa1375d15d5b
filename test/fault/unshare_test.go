//go:build linux

package fault

import (
	"strings"
	"testing"

	"github.com/zio-go/zio/test/internal/zgo"
)

// A thread with a descriptor table of its own: the numbers of its goroutine
// mean other files to every other thread, so none of those does I/O for it.
func TestOwnDescriptorTable(t *testing.T) {
	const want = "echo 100\necho 3000\necho 10000\necho 40000\ndatagrams\nconnect\naccept\nchild\ndeadline\n"
	for _, backend := range zgo.Backends {
		for _, procs := range []string{"1", "2", "8"} {
			t.Run(backend+"-"+procs, func(t *testing.T) {
				if backend == "io_uring" {
					zgo.NeedUring(t)
				}
				got := runProg(t, "unshare", backend, "GOMAXPROCS="+procs)
				if why, ok := strings.CutPrefix(got, "skip: "); ok {
					t.Skip(why)
				}
				if got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		}
	}
}
