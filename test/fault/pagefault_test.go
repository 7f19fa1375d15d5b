//go:build linux

package fault

import (
	"strings"
	"testing"

	"github.com/zio-go/zio/test/internal/zgo"
)

// Memory that is sent or received into may be a mapped file, whose pages the
// kernel fetches from somewhere slow. Only the goroutine whose memory it is
// waits: others run, and the world can be stopped.
func TestPageFaultStopsNobodyElse(t *testing.T) {
	for _, backend := range zgo.Backends {
		for _, procs := range []string{"1", "2"} {
			t.Run(backend+"-"+procs, func(t *testing.T) {
				out := runProg(t, "pagefault", backend, "GOMAXPROCS="+procs)
				if why, ok := strings.CutPrefix(out, "skip: "); ok {
					t.Skip(why)
				}
				lines := strings.SplitAfter(out, "\n")
				for _, line := range lines {
					if line != "" && !strings.HasSuffix(line, ": faults true, standstills 0\n") {
						t.Error(line)
					}
				}
				if len(lines) < 40 {
					t.Errorf("only %d lines", len(lines))
				}
			})
		}
	}
}
