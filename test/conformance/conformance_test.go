//go:build linux

// Package conformance runs the same programs built by the stock toolchain and
// by the patched one, on every backend, and compares what they print. Each
// area of prog is a case file; see there.
package conformance

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/zgo"
)

var full = flag.Bool("conformance.full", false, "run every area on every backend at every GOMAXPROCS")

func TestMain(m *testing.M) {
	flag.Parse()
	// The programs mostly wait.
	flag.Set("test.parallel", "4")
	zgo.Main(m)
}

func TestConformance(t *testing.T) {
	stock := zgo.Stock(t).With("CGO_ENABLED=0").Build(t, "./prog")
	patched := zgo.Patched(t).With("CGO_ENABLED=0").Build(t, "./prog")
	compare(t, stock, patched, zgo.Backends)
}

// TestCgo has the C library in the program: its threads, its signal handling
// and its resolver.
func TestCgo(t *testing.T) {
	zgo.NeedCC(t)
	stock := zgo.Stock(t).With("CGO_ENABLED=1").Build(t, "./prog", "-tags=netcgo")
	patched := zgo.Patched(t).With("CGO_ENABLED=1").Build(t, "./prog", "-tags=netcgo")
	backends := []string{"auto"}
	if *full {
		backends = zgo.Backends
	}
	compare(t, stock, patched, backends)
}

// TestBubble runs servers in bubbles of testing/synctest, where the stock
// toolchain runs package bubble itself.
func TestBubble(t *testing.T) {
	patched := zgo.Patched(t).With("CGO_ENABLED=0").BuildTest(t, "./bubble")
	for _, backend := range zgo.Backends {
		t.Run(backend, func(t *testing.T) {
			if backend == "io_uring" {
				zgo.NeedUring(t)
			}
			r := child.Run(child.Cmd{Path: patched, Args: []string{"-test.count=10"}, Env: []string{"GODEBUG=zio=" + backend}, Timeout: time.Minute})
			if bad := r.Bad(); bad != "" {
				t.Error(bad)
			}
		})
	}
}

// TestLockRanks has a runtime that checks the order in which it takes its locks.
func TestLockRanks(t *testing.T) {
	if !*full {
		t.Skip("takes as long as TestConformance: only with -conformance.full; test/stress has some of it")
	}
	stock := zgo.Stock(t).With("CGO_ENABLED=0").Build(t, "./prog")
	patched := zgo.Patched(t).With("CGO_ENABLED=0", "GOEXPERIMENT=staticlockranking").Build(t, "./prog")
	compare(t, stock, patched, zgo.Backends)
}

func compare(t *testing.T, stock, patched string, backends []string) {
	r := child.Run(child.Cmd{Path: patched})
	if bad := r.Bad(); bad != "" {
		t.Fatal(bad)
	}
	for _, area := range strings.Fields(r.Stdout) {
		t.Run(area, func(t *testing.T) {
			t.Parallel()
			want := run(t, stock, area, "", 2)
			for _, backend := range backends {
				for _, procs := range zgo.Procs {
					if procs != 2 && !*full && !(backend == "io_uring" && procs == 1) {
						continue
					}
					t.Run(fmt.Sprintf("%s-%d", backend, procs), func(t *testing.T) {
						if backend == "io_uring" {
							zgo.NeedUring(t)
						}
						got := run(t, patched, area, backend, procs)
						for _, d := range diff(want, got) {
							t.Error(d)
						}
					})
				}
			}
		})
	}
}

// run returns the output of an area, case by case.
func run(t *testing.T, bin, area, backend string, procs int) map[string]string {
	t.Helper()
	env := []string{fmt.Sprintf("GOMAXPROCS=%d", procs)}
	debug := "zio=" + backend
	if backend == "" {
		debug = "" // stock
	}
	if area == "urgent" {
		// The kernel answers EAGAIN at the urgent mark while a signal is
		// pending; see test/stress.
		debug += ",asyncpreemptoff=1"
	}
	env = append(env, "GODEBUG="+strings.TrimPrefix(debug, ","))
	r := child.Run(child.Cmd{Path: bin, Args: []string{area}, Env: env, Timeout: 2 * time.Minute})
	if bad := r.Bad(); bad != "" {
		t.Fatalf("%s on %q at GOMAXPROCS=%d: %s", area, backend, procs, bad)
	}
	out, ok := strings.CutSuffix(r.Stdout, "complete\n")
	if !ok {
		t.Fatalf("%s on %q stopped half-way:\n%s", area, backend, r.Stdout)
	}
	cases := map[string]string{}
	for _, c := range strings.Split(out, "=== ")[1:] {
		name, body, _ := strings.Cut(c, "\n")
		cases[name] = body
	}
	return cases
}

// diff lists the cases that differ.
func diff(want, got map[string]string) (ds []string) {
	for name, w := range want {
		g, ok := got[name]
		if !ok {
			ds = append(ds, name+" was not run")
		} else if g != w {
			ds = append(ds, name+": stock prints\n"+indent(w)+"zio prints\n"+indent(g))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			ds = append(ds, name+" was not run by the stock program")
		}
	}
	return ds
}

func indent(s string) string {
	return "\t" + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n\t") + "\n"
}
