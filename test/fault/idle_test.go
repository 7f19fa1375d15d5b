//go:build linux

package fault

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/zgo"
)

// A program that waits uses no CPU time, whatever the kernel says about the
// descriptors that it waits for.
func TestIdleUsesNoCPU(t *testing.T) {
	bin := zgo.Patched(t).Build(t, "./prog")
	testIdle(t, bin)
}

// The kernel's timeouts have 64 bits where the program's have 32.
func TestIdleUsesNoCPUOn386(t *testing.T) {
	bin := zgo.Patched(t).With("GOARCH=386", "CGO_ENABLED=0").Build(t, "./prog")
	if r := child.Run(child.Cmd{Path: bin}); r.Code != 2 {
		t.Skipf("programs for 386 do not run here: %s", r.Bad())
	}
	testIdle(t, bin)
}

func testIdle(t *testing.T, bin string) {
	for _, c := range []struct{ args, want string }{
		{"listener", ""},
		{"error-queue tcp", "read: <nil>\n"},
		{"error-queue udp", "read: <nil>\n"},
		{"urgent", "read: \"answer\" <nil>\n"},
		{"half-closed", "read: 20971520 <nil>\n"},
		{"handler pipelined", "context: <nil>\n"},
		{"handler half-closed", "context: context canceled\n"},
		{"handler both", "context: <nil>\n"},
		{"child", ""},
		{"pipe", ""},
		{"closed unused", "wait: <nil>\n"},
		{"closed reused", "wait: <nil>\n"},
	} {
		for _, backend := range zgo.Backends {
			t.Run(c.args+"-"+backend, func(t *testing.T) {
				t.Parallel() // it waits
				if backend == "io_uring" {
					zgo.NeedUring(t)
				}
				r := child.Run(child.Cmd{Path: bin, Args: append([]string{"idle"}, strings.Fields(c.args)...), Env: []string{"GODEBUG=zio=" + backend}})
				if bad := r.Bad(); bad != "" {
					t.Fatal(bad)
				}
				var us int
				out := strings.TrimPrefix(r.Stdout, "new\n")
				if _, err := fmt.Sscanf(out, "cpu %d\n", &us); err != nil {
					t.Fatalf("output: %q", r.Stdout)
				}
				if _, rest, _ := strings.Cut(out, "\n"); rest != c.want+"end\n" {
					t.Errorf("got %q, want %q", rest, c.want+"end\n")
				}
				if us > 20_000 {
					t.Errorf("%d us of CPU time in 400 ms of waiting", us)
				}
			})
		}
	}
}

// sysmon wakes up about as seldom as upstream's while a goroutine computes.
func TestComputingIsNotDisturbed(t *testing.T) {
	count := func(t *testing.T, backend, procs string) (n int) {
		out := runProg(t, "computing", backend, "GOMAXPROCS="+procs)
		if _, err := fmt.Sscanf(out, "wakeups %d", &n); err != nil {
			t.Fatalf("output: %q", out)
		}
		return n
	}
	for _, procs := range []string{"1", "2"} {
		off := count(t, "off", procs)
		for _, backend := range zgo.Backends[:3] {
			t.Run(backend+"-"+procs, func(t *testing.T) {
				if n := count(t, backend, procs); n > off+100 {
					t.Errorf("%d wakeups in 300 ms, upstream %d", n, off)
				}
			})
		}
	}
}

// A filter that the program puts up later takes the call from sysmon by which it
// waits for readiness; it goes on to sleep.
func TestComputingUnderLateFilter(t *testing.T) {
	needJail(t, "ppoll=EPERM")
	for _, backend := range []string{"io_uring", "epoll", "off"} {
		t.Run(backend, func(t *testing.T) {
			var n, us int
			out := runProgArgs(t, []string{"computing", "ppoll"}, backend, "GOMAXPROCS=1")
			if _, err := fmt.Sscanf(out, "wakeups %d cpu %d", &n, &us); err != nil {
				t.Fatalf("output: %q", out)
			}
			if us > 400_000 {
				t.Errorf("%d us of CPU time in 300 ms of one computing goroutine", us)
			}
		})
	}
}
