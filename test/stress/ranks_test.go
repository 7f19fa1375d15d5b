//go:build linux

package stress

import (
	"testing"

	"github.com/zio-go/zio/test/internal/zgo"
)

// The runtime's locks are taken in the order of their ranks: a runtime that is
// built to check that ends the program at the first lock that is not.
func TestLockRanks(t *testing.T) {
	bin := zgo.Patched(t).With("GOEXPERIMENT=staticlockranking").Build(t, "./prog")
	names := []string{"echo", "datagram", "deadline", "close", "handlers", "locked", "hog"}
	if *full {
		names = nil
		for _, p := range programs {
			if p.poke == nil {
				names = append(names, p.name)
			}
		}
	}
	for _, name := range names {
		for _, backend := range zgo.Backends {
			if backend == "off" && !*full {
				continue
			}
			t.Run(name+"-"+backend, func(t *testing.T) {
				for _, option := range []string{"-changeprocs", "-gc"} {
					run(t, bin, backend, 2, program{name: name}, []string{option})
				}
			})
		}
	}
}
