//go:build linux

package waits

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/zio-go/zio/internal/fuse"
	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/zgo"
)

// slow mounts a file system whose operations end when wait returns; files from 80 on are
// opened then, too. The server is this
// process, not the program under test.
func slow(t *testing.T, wait func()) (dir string) {
	io := func(_ int, b []byte, _ int64) (int, error) { wait(); return len(b), nil }
	return mount(t, fuse.FS{
		Files: 100, Size: 1 << 20, Read: io, Write: io, Sync: func(int) error { wait(); return nil },
		Open: func(file int) error {
			if file >= 80 {
				wait()
			}
			return nil
		},
	})
}

// mount mounts fs, or skips the test where that is not possible.
func mount(t *testing.T, fs fuse.FS) (dir string) {
	dir = t.TempDir()
	s, err := fuse.Mount(dir, fs)
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

// long is how long an operation takes of which many are to block threads at a time. sysmon,
// which sleeps up to 10 ms, takes a P only from a call that it sees twice: with less than a
// few times that, the calls end as fast as new ones begin.
const long = 100 * time.Millisecond

// Thousands of operations on files that are slow hold a bounded number of threads.
func TestSlowFilesHoldFewThreads(t *testing.T) {
	dir := slow(t, func() { time.Sleep(long) })
	each(t, func(t *testing.T, backend string) { run(t, backend, "slow-files", dir, number(1000, 20000)) })
}

// So do copies in the kernel from such files to sockets, and what waits for a socket holds none.
func TestSendHoldsFewThreads(t *testing.T) {
	t.Run("sockets", func(t *testing.T) {
		each(t, func(t *testing.T, backend string) { run(t, backend, "send") })
	})
	t.Run("files", func(t *testing.T) {
		dir := slow(t, func() { time.Sleep(long) })
		each(t, func(t *testing.T, backend string) { run(t, backend, "slow-send", dir) })
	})
}

// While a goroutine syncs a file, others run.
func TestSyncLendsItsP(t *testing.T) {
	dir := slow(t, func() { time.Sleep(long / 5) })
	each(t, func(t *testing.T, backend string) { run(t, backend, "slow-sync", dir) })
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

func TestQueuedOperationsEnd(t *testing.T)   { queued(t, "slow-queue", 2) }
func TestQueuedSendsEnd(t *testing.T)        { queued(t, "slow-send-queue", 2) }
func TestCachedReadsDoNotQueue(t *testing.T) { queued(t, "slow-cached", 1) }

// queued runs a program that has places for few operations, with files whose reads and
// writes end when the program removes stop.
func queued(t *testing.T, name string, places int) {
	wait, stop := untilRemoved(t)
	dir := slow(t, wait)
	each(t, func(t *testing.T, backend string) {
		if err := os.WriteFile(stop, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, fmt.Sprintf("%s,ziothreads=%d", backend, places), name, dir, stop)
	})
}

// A program that reads the files that it serves needs more places than there are.
func TestFilesThatWaitForEachOther(t *testing.T) {
	slow(t, func() {}) // or skip
	each(t, func(t *testing.T, backend string) {
		dir := t.TempDir()
		defer fuse.Unmount(dir) // if the program could not
		run(t, backend+",ziothreads=4", "slow-self", dir)
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

// Short reads and writes, errors of the disk, a full disk, the end of a file where it says
// to be longer: as stock Go.
func TestFaults(t *testing.T) {
	synced := 0
	var interrupts atomic.Int32
	dir := mount(t, fuse.FS{
		Files: 8, Size: 50_000,
		Open: func(file int) error {
			if file == 7 {
				return syscall.EACCES
			}
			return nil
		},
		Read: func(file int, b []byte, off int64) (int, error) {
			for i := range b {
				b[i] = byte(off) + byte(i)
			}
			switch {
			case file == 1:
				return len(b)/2 + 1, nil
			case file == 2 || file == 3 && off > 8000:
				return 0, syscall.EIO
			case file == 4:
				return max(0, min(len(b), 12_000-int(off))), nil
			case file == 5 && interrupts.Add(1)%2 == 1:
				return 0, syscall.EINTR
			}
			return len(b), nil
		},
		Write: func(file int, b []byte, off int64) (int, error) {
			switch file {
			case 1:
				return len(b)/2 + 1, nil
			case 2:
				return 0, syscall.ENOSPC
			case 3:
				return 0, syscall.EDQUOT
			}
			return len(b), nil
		},
		Sync: func(file int) error {
			if synced++; file == 2 && synced%2 == 1 {
				return syscall.EIO
			}
			synced &^= 1
			return nil
		},
	})
	output := func(tc *zgo.Toolchain, env ...string) string {
		r := child.Run(child.Cmd{Path: tc.With("CGO_ENABLED=0").Build(t, "./prog"), Args: []string{"faults", dir}, Env: env})
		if bad := r.Bad(); bad != "" {
			t.Fatal(bad)
		}
		return r.Stdout
	}
	want := output(zgo.Stock(t))
	if !strings.Contains(want, "no space left") || !strings.Contains(want, "input/output error") {
		t.Fatalf("the faults do not show:\n%s", want)
	}
	each(t, func(t *testing.T, backend string) {
		for _, more := range []string{"", ",ziothreads=1"} {
			if got := output(zgo.Patched(t), "GODEBUG=zio="+backend+more); got != want {
				t.Errorf("with%s:\n%s\nstock Go:\n%s", more, got, want)
			}
		}
	})
}
