//go:build linux

package main

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/zio-go/zio/internal/disk"
)

func init() {
	programs["files"] = files
	programs["file-deadlines"] = fileDeadlines
}

// tempFile returns a file of n bytes on a disk, and what removes it.
func tempFile(n int) (f *os.File, remove func()) {
	dir := must(os.MkdirTemp("/var/tmp", "waits"))
	f = must(os.Create(filepath.Join(dir, "f")))
	must(f.Write(make([]byte, n)))
	if err := f.Sync(); err != nil {
		panic(err)
	}
	return f, func() { f.Close(); os.RemoveAll(dir) }
}

// files has 500 goroutines read a file that is again and again taken out of the
// page cache, and counts threads.
func files(args []string) {
	const pages = 4096
	f, remove := tempFile(pages * 4096)
	defer remove()
	var wg sync.WaitGroup
	stop := time.Now().Add(500 * time.Millisecond)
	for g := range 500 {
		wg.Go(func() {
			b := make([]byte, 4096)
			for i := 0; time.Now().Before(stop); i++ {
				if n, err := f.ReadAt(b, int64((g*397+i*101)%pages)*4096); n != len(b) || err != nil {
					bad("read", n, err)
				}
			}
		})
	}
	peak := 0
	for time.Now().Before(stop) {
		disk.Forget(f)
		peak = max(peak, threads())
		time.Sleep(time.Millisecond)
	}
	wg.Wait()
	if peak > 2*most {
		bad(peak, "threads for 500 readers")
	}
}

// fileDeadlines tries every operation before its deadline and afterwards.
func fileDeadlines(args []string) {
	f, remove := tempFile(100_000)
	defer remove()
	fileDeadlinesOf(handed(f.Name()))
	fileDeadlinesOf(f)
}

func fileDeadlinesOf(f *os.File) {
	other, removeOther := tempFile(100)
	defer removeOther()
	b := make([]byte, 100)
	ops := []struct {
		name string
		mode byte
		op   func() error
	}{
		{"Read", 'r', func() error { _, err := f.Read(b); return err }},
		{"ReadAt", 'r', func() error { _, err := f.ReadAt(b, 50_000); return err }},
		{"Write", 'w', func() error { _, err := f.Write(b); return err }},
		{"WriteAt", 'w', func() error { _, err := f.WriteAt(b, 60_000); return err }},
		{"Sync", 'w', func() error { return f.Sync() }},
		{"ReadFrom", 'w', func() error { other.Seek(0, 0); _, err := f.ReadFrom(other); return err }},
	}
	try := func(when string, late string) {
		must(f.Seek(0, 0))
		for _, o := range ops {
			err := o.op()
			if want := late == "rw" || late == string(o.mode); want != errors.Is(err, os.ErrDeadlineExceeded) || !want && err != nil {
				bad(o.name, when, err)
			}
		}
	}
	set := func(err error) {
		if err != nil {
			bad("set deadline:", err)
		}
	}
	try("without deadline", "")
	set(f.SetDeadline(time.Now().Add(time.Hour)))
	try("before the deadline", "")
	set(f.SetReadDeadline(time.Now().Add(-time.Second)))
	try("after the read deadline", "r")
	set(f.SetDeadline(time.Now().Add(20 * time.Millisecond)))
	try("before both", "")
	time.Sleep(30 * time.Millisecond)
	try("after both", "rw")
	set(f.SetReadDeadline(time.Time{}))
	try("after the write deadline", "w")
	set(f.SetDeadline(time.Time{}))
	try("without deadline again", "")
	f.Close()
	if err := f.SetDeadline(time.Now()); err == nil {
		bad("a closed file takes a deadline")
	}
}
