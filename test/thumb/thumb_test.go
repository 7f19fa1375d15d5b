//go:build linux

// Package thumb tests C code in Thumb, the other instruction set of 32-bit ARM, which
// Go does not generate: Go calls it, and it calls back into Go that waits. See prog.
package thumb

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/zgo"
)

func TestMain(m *testing.M) { zgo.Main(m) }

const cc = "arm-linux-gnueabihf-gcc"

// need returns the path of the first of these tools.
func need(t *testing.T, from string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	t.Skipf("no %s on this machine; %s", names[0], from)
	return ""
}

// TestThumb runs the program under QEMU on each backend that works there.
func TestThumb(t *testing.T) {
	need(t, "Debian's gcc-arm-linux-gnueabihf and libc6-dev-armhf-cross have it", cc)
	qemu := need(t, "scripts/emulators.sh installs it", "qemu-arm", "qemu-arm-static")
	tc := zgo.Patched(t).With("GOOS=linux", "GOARCH=arm", "GOARM=7", "CGO_ENABLED=1", "CC="+cc)
	bin := tc.Build(t, "./prog", "-tags=netgo,osusergo", "-ldflags=-linkmode=external -extldflags=-static")
	for _, backend := range zgo.Backends {
		if backend == "io_uring" {
			continue // QEMU's user emulators have none
		}
		t.Run(backend, func(t *testing.T) {
			r := child.Run(child.Cmd{
				Path:    qemu,
				Args:    []string{bin},
				Env:     []string{"GODEBUG=zio=" + backend},
				Timeout: 2 * time.Minute,
			})
			if bad := r.Bad(); bad != "" {
				t.Fatal(bad)
			}
			if !strings.HasPrefix(r.Stdout, "thumb 1\n") || !strings.HasSuffix(r.Stdout, "\ndone\n") {
				t.Fatalf("printed\n%s%s", r.Stdout, r.Stderr)
			}
		})
	}
}
