//go:build linux

// Package cancel tests package zio on every backend: the tests of the package itself,
// and a matrix of races, in which a wait is ended by two things at the same time
// and everything is counted. See prog.
package cancel

import (
	"flag"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/zgo"
)

var (
	trials = flag.Int("cancel.trials", 3400, "how many trials each kind of wait gets in each run of the race matrix")
	full   = flag.Bool("cancel.full", false, "run the race matrix on every backend at every GOMAXPROCS, with and without the race detector")
)

func TestMain(m *testing.M) { zgo.Main(m) }

// runOn runs a program on a backend.
func runOn(t *testing.T, bin, backend, debug string, procs int, args ...string) string {
	t.Helper()
	if backend == "io_uring" {
		zgo.NeedUring(t)
	}
	r := child.Run(child.Cmd{
		Path:    bin,
		Args:    args,
		Env:     []string{"GODEBUG=zio=" + backend + debug, fmt.Sprintf("GOMAXPROCS=%d", procs)},
		Timeout: 2*time.Minute + time.Duration(*trials)*20*time.Millisecond,
	})
	if bad := r.Bad(); bad != "" {
		t.Fatal(bad)
	}
	return r.Stdout
}

// TestPackage runs the tests of package zio.
func TestPackage(t *testing.T) {
	bin := zgo.Patched(t).BuildTest(t, "zio")
	for _, backend := range zgo.Backends {
		t.Run(backend, func(t *testing.T) {
			runOn(t, bin, backend, "", 2, "-test.short")
			runOn(t, bin, backend, ",ziostress=20", 2, "-test.short", "-test.run=Cancel|Completion|Group|Timeout")
		})
	}
}

// TestAPI checks the exported names of package zio, and what it imports, as Go does for
// its standard library.
func TestAPI(t *testing.T) {
	tc := zgo.Patched(t)
	for pkg, test := range map[string]string{"cmd/api": "TestZio", "go/build": "TestDependencies"} {
		out, err := tc.Command("test", "-v", "-run=^"+test+"$", pkg).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: "+test) {
			t.Errorf("%s: %v\n%s", pkg, err, out)
		}
	}
}

// TestResolver has a scope end lookups that wait in C code.
func TestResolver(t *testing.T) {
	zgo.NeedCC(t)
	bin := zgo.Patched(t).With("CGO_ENABLED=1").Build(t, "./resolver")
	out := runOn(t, bin, "epoll", ",netdns=cgo", 2)
	if !strings.HasSuffix(strings.TrimSpace(out), "done") {
		t.Errorf("stopped half-way:\n%s", out)
	}
	t.Log(out)
}

// TestRaces runs the race matrix: 200,000 trials in six runs. A run waits half of the time,
// so two are made at once.
func TestRaces(t *testing.T) {
	plain := zgo.Patched(t).Build(t, "./prog")
	bins := map[string]string{"": plain}
	if *full {
		zgo.NeedCC(t)
		bins["-race"] = zgo.Patched(t).With("CGO_ENABLED=1").Build(t, "./prog", "-race")
	}
	var total atomic.Int64
	t.Cleanup(func() { t.Logf("%d trials", total.Load()) })
	for _, backend := range zgo.Backends {
		for i, procs := range zgo.Procs {
			if !*full && procs != 2 && backend != zgo.Backends[i%2] {
				continue
			}
			for name, bin := range bins {
				t.Run(fmt.Sprintf("%s-%d%s", backend, procs, name), func(t *testing.T) {
					t.Parallel()
					out := runOn(t, bin, backend, ",ziostress=30", procs, fmt.Sprint(*trials))
					var n int64
					last := out[strings.LastIndex(strings.TrimSpace(out), "\n")+1:]
					if _, err := fmt.Sscanf(last, "done %d trials", &n); err != nil {
						t.Fatalf("stopped half-way:\n%s", out)
					}
					total.Add(n)
					t.Log(out)
				})
			}
		}
	}
}
