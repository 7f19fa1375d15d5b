//go:build linux

package waits

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zio-go/zio/internal/fuse"
	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/zgo"
)

// slow mounts a file system whose operations end when wait returns. The server is this
// process, not the program under test.
func slow(t *testing.T, wait func()) (dir string) {
	dir = t.TempDir()
	io := func(_ int, b []byte, _ int64) (int, error) { wait(); return len(b), nil }
	s, err := fuse.Mount(dir, fuse.FS{Files: 100, Size: 1 << 20, Read: io, Write: io, Sync: func(int) error { wait(); return nil }})
	if err != nil {
		t.Skip("no FUSE here: ", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func runSlow(t *testing.T, backend, godebug string, args ...string) {
	t.Helper()
	r := child.Run(child.Cmd{
		Path: zgo.Patched(t).With("CGO_ENABLED=0").Build(t, "./prog"),
		Args: args,
		Env:  []string{"GODEBUG=zio=" + backend + godebug},
	})
	if bad := r.Bad(); bad != "" {
		t.Fatal(bad)
	}
	if r.Stdout != "done\n" {
		t.Fatalf("%s%s", r.Stdout, r.Stderr)
	}
}

// Thousands of operations on files that are slow hold a bounded number of threads.
func TestSlowFilesHoldFewThreads(t *testing.T) {
	dir := slow(t, func() { time.Sleep(5 * time.Millisecond) })
	each(t, func(t *testing.T, backend string) { runSlow(t, backend, "", "slow-files", dir, number(2000, 20000)) })
}

// untilRemoved returns a function that waits until somebody removes the file stop.
func untilRemoved(t *testing.T) (wait func(), stop string) {
	stop = filepath.Join(t.TempDir(), "stop")
	return func() {
		for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
			if _, err := os.Stat(stop); err != nil {
				return
			}
		}
	}, stop
}

func TestQueuedOperationsEnd(t *testing.T) {
	wait, stop := untilRemoved(t)
	dir := slow(t, wait)
	each(t, func(t *testing.T, backend string) {
		if err := os.WriteFile(stop, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		runSlow(t, backend, ",ziothreads=2", "slow-queue", dir, stop)
	})
}

func TestCachedReadsDoNotQueue(t *testing.T) {
	wait, stop := untilRemoved(t)
	dir := slow(t, wait)
	each(t, func(t *testing.T, backend string) {
		if err := os.WriteFile(stop, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		runSlow(t, backend, ",ziothreads=1", "slow-cached", dir, stop)
	})
}

// A program that reads the files that it serves needs more places than there are.
func TestFilesThatWaitForEachOther(t *testing.T) {
	slow(t, func() {}) // or skip
	each(t, func(t *testing.T, backend string) {
		dir := t.TempDir()
		defer fuse.Unmount(dir) // if the program could not
		runSlow(t, backend, ",ziothreads=4", "slow-self", dir)
	})
}

func TestBadNumberOfThreads(t *testing.T) {
	for _, n := range []string{"0", "-1", "x", "99999999999999999999"} {
		r := child.Run(child.Cmd{
			Path: zgo.Patched(t).With("CGO_ENABLED=0").Build(t, "./prog"),
			Args: []string{"file-deadlines"},
			Env:  []string{"GODEBUG=ziothreads=" + n},
		})
		if !strings.Contains(r.Stderr, "GODEBUG=ziothreads="+n+": want the number of threads") {
			t.Errorf("ziothreads=%s: %s%s", n, r.Stdout, r.Stderr)
		}
	}
}
