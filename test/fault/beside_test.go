//go:build linux

package fault

import (
	"fmt"
	"testing"

	"github.com/zio-go/zio/test/internal/zgo"
)

// Requests are answered beside a goroutine that computes on the only P. No Write
// waits until that has run its slice of 10 ms, however often sends were
// queued or made directly before, and neither does what comes in.
func TestAnswersBesideComputing(t *testing.T) {
	for _, backend := range zgo.Backends[:3] {
		t.Run(backend, func(t *testing.T) {
			// A busy machine takes the processor away at bad moments, now and
			// then.
			var out string
			for range 3 {
				out = runProg(t, "beside", backend, "GOMAXPROCS=1")
				var each, longest, late int
				if _, err := fmt.Sscanf(out, "each %d longest %d late %d", &each, &longest, &late); err != nil {
					t.Fatalf("output: %q", out)
				}
				if late <= 1 && each <= 5000 {
					return
				}
			}
			t.Errorf("us of CPU time of 1000 requests, and the Writes that took over 1000: %s", out)
		})
	}
}
