//go:build linux

package waits

import (
	"fmt"
	"testing"
	"time"

	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/zgo"
)

// Every operation on a file, ended in every way at any time, does all or nothing.
func TestFileRaces(t *testing.T) {
	plain := zgo.Patched(t).With("CGO_ENABLED=0").Build(t, "./prog")
	raceFiles(t, plain, []int{1, 2, 8})
}

func TestFileRacesDetected(t *testing.T) {
	zgo.NeedCC(t)
	procs := []int{2}
	if *full {
		procs = []int{1, 2, 8}
	}
	raceFiles(t, zgo.Patched(t).With("CGO_ENABLED=1").Build(t, "./prog", "-race"), procs)
}

func raceFiles(t *testing.T, bin string, procs []int) {
	each(t, func(t *testing.T, backend string) {
		for i, p := range procs {
			t.Run(fmt.Sprint(p), func(t *testing.T) {
				// With one place as with many.
				godebug := fmt.Sprintf("GODEBUG=zio=%s,ziothreads=%d", backend, 1+31*(i%2))
				r := child.Run(child.Cmd{
					Path: bin, Args: []string{"file-race", number(60, 2000)},
					Env: []string{godebug, fmt.Sprint("GOMAXPROCS=", p)}, Timeout: 3 * time.Minute,
				})
				if bad := r.Bad(); bad != "" {
					t.Fatal(bad)
				}
				if r.Stdout != "done\n" {
					t.Fatalf("%s%s", child.Trim(r.Stdout, 3000), child.Trim(r.Stderr, 3000))
				}
			})
		}
	})
}
