//go:build linux

package stress

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/zgo"
)

// An execution trace can be read only if every goroutine that becomes runnable
// does so in an event, and if no event comes from a thread that the tracer
// takes for stopped.
func TestTracesParse(t *testing.T) {
	bin := zgo.Patched(t).Build(t, "./prog")
	for _, c := range []struct {
		name string
		args []string
	}{
		{"echo", []string{"-t=50ms", "-changeprocs"}},
		{"datagram", []string{"-t=50ms", "-changeprocs"}},
		{"deadline", []string{"-t=30ms", "-changeprocs"}},
		{"close", []string{"-t=50ms", "-changeprocs"}},
		{"handlers", []string{"-t=50ms", "-changeprocs"}},
		{"lockstep", []string{"-t=50ms"}},
		{"hog", []string{"-t=500ms"}}, // on a busy machine a fifth of it passes before the first echo, as with the base
	} {
		for _, backend := range zgo.Backends {
			if backend == "off" && !*full {
				continue
			}
			t.Run(c.name+"-"+backend, func(t *testing.T) {
				dir := t.TempDir()
				run(t, bin, backend, 2, program{name: c.name}, append(c.args, "-traces", dir))
				names, err := filepath.Glob(dir + "/*.trace")
				if err != nil || len(names) == 0 {
					t.Fatalf("no traces: %v", err)
				}
				slices.Sort(names)
				for _, name := range names {
					parseTrace(t, name)
				}
			})
		}
	}
}

// parseTrace reads a trace with the tool that users have.
func parseTrace(t *testing.T, name string) {
	t.Helper()
	cmd := zgo.Stock(t).Command("tool", "trace", "-d=parsed", name)
	events := new(lineCount)
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = events, &stderr
	err := cmd.Run()
	if msg := stderr.String(); err != nil && strings.Contains(msg, "version") {
		t.Skipf("go tool trace is older than the base release: %s", msg)
	} else if err != nil {
		t.Errorf("%s: %v: %s", filepath.Base(name), err, child.Trim(msg, 1000))
	} else if events.n < 100 {
		t.Errorf("%s: only %d lines", filepath.Base(name), events.n)
	}
	if fi, err := os.Stat(name); err == nil {
		t.Logf("%s: %d bytes, %d lines", filepath.Base(name), fi.Size(), events.n)
	}
}

// A lineCount counts the lines that are written to it.
type lineCount struct{ n int }

func (c *lineCount) Write(p []byte) (int, error) {
	c.n += bytes.Count(p, []byte("\n"))
	return len(p), nil
}
