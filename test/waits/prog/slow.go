//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/zio-go/zio/internal/disk"
	"github.com/zio-go/zio/internal/fuse"
)

func init() {
	programs["slow-files"] = slowFiles
	programs["slow-queue"] = slowQueue
	programs["slow-cached"] = slowCached
	programs["slow-self"] = slowSelf
	programs["slow-sync"] = slowSync
}

// metric returns the value of a metric of the pool.
func metric(name string) int {
	s := []metrics.Sample{{Name: "/zio/pool/" + name}}
	metrics.Read(s)
	return int(s[0].Value.Uint64())
}

// slowFiles has as many goroutines as args says read files of the directory dir, which
// take their time, in each of the ways there are, and counts threads.
func slowFiles(args []string) {
	dir, n := args[0], must(strconv.Atoi(args[1]))
	const files = 50
	var open [files]*os.File
	for i := range open {
		open[i] = must(os.OpenFile(filepath.Join(dir, strconv.Itoa(i)), os.O_RDWR, 0))
	}
	var wg sync.WaitGroup
	for g := range n {
		wg.Go(func() {
			i := g % files
			f, b := open[i], make([]byte, 8)
			var k int
			var err error
			switch g / files % 8 {
			case 0:
				k, err = f.Read(b)
			case 1:
				k, err = f.WriteAt(b, 0)
			case 2:
				k, err = len(b), f.Sync()
			default:
				k, err = f.ReadAt(b, int64(g))
			}
			if k != len(b) || err != nil {
				bad("operation", g, k, err)
			}
		})
	}
	waitSlow(&wg, n, "operations on slow files")
	if n := metric("threads:threads"); n != 0 {
		bad(n, "places are taken at the end")
	}
}

// waitSlow waits for n operations that take their time, called what, and counts threads.
func waitSlow(wg *sync.WaitGroup, n int, what string) {
	done := make(chan bool)
	go func() { wg.Wait(); close(done) }()
	for peak := 0; ; {
		select {
		case <-done:
			if peak > 64 {
				bad(peak, "threads for", n, what)
			}
			if metric("waited:ops") == 0 {
				bad("nothing has waited for a place")
			}
			return
		case <-time.After(time.Millisecond):
			peak = max(peak, threads())
		}
	}
}

// handed returns a file that came in in blocking mode.
func handed(name string) *os.File {
	return os.NewFile(uintptr(must(syscall.Open(name, syscall.O_RDWR|syscall.O_CLOEXEC, 0))), name)
}

// slowQueue ends operations that wait for a place, of which there are two, in every way
// there is. Reads and writes of the files in dir end when stop there is removed.
func slowQueue(args []string) {
	dir, stop := args[0], args[1]
	name := func(i int) string { return filepath.Join(dir, strconv.Itoa(i)) }
	large := make([]byte, 64<<10) // large writes have places of their own, and so have syncs
	var wg sync.WaitGroup
	// hold has an operation like what, on file i, begin or wait.
	hold := func(what string, i int) {
		f := must(os.OpenFile(name(i), os.O_RDWR, 0))
		op, b := f.Read, make([]byte, 8)
		switch what {
		case "write":
			op = f.Write
		case "sync":
			op = func(b []byte) (int, error) { return len(b), f.Sync() }
		case "large":
			op, b = f.Write, large
		}
		wg.Go(func() {
			defer f.Close()
			if k, err := op(b); k != len(b) || err != nil {
				bad("operation of who has a place", k, err)
			}
		})
	}
	// wait returns when one more operation waits that do starts.
	wait := func(what string, do func()) {
		before := metric("queued:ops")
		do()
		// It is to be seen, and followed by another one, before there is one place more.
		for end := time.Now().Add(10 * time.Second); metric("queued:ops") <= before; time.Sleep(50 * time.Microsecond) {
			if time.Now().After(end) {
				bad(what, "does not wait for a place")
				return
			}
		}
	}
	for i := range 20 {
		hold("read", i)
		hold("large", 40+i)
		hold("sync", 20+i)
	}
	time.Sleep(50 * time.Millisecond)
	moves := keepMoving()

	for i, open := range []func(string) *os.File{
		func(name string) *os.File { return must(os.OpenFile(name, os.O_RDWR, 0)) },
		handed,
	} {
		b := make([]byte, 8)
		for kind, op := range map[string]func(f *os.File) error{
			"read":  func(f *os.File) error { _, err := f.Read(b); return err },
			"pread": func(f *os.File) error { _, err := f.ReadAt(b, 5); return err },
			"write": func(f *os.File) error { _, err := f.Write(b); return err },
			"large": func(f *os.File) error { _, err := f.Write(large); return err },
			"sync":  func(f *os.File) error { return f.Sync() },
		} {
			what := fmt.Sprint(kind, i)
			f := open(name(60))
			// Were there one place more, who came last would get it: another operation of
			// its kind.
			start := func() (result chan error) {
				result = make(chan error, 1)
				wait(what, func() { go func() { result <- op(f) }() })
				hold(kind, 30+i)
				return result
			}
			r := start()
			if err := f.SetDeadline(time.Now().Add(10 * time.Millisecond)); err != nil {
				bad(what, err)
			}
			if err := <-r; !errors.Is(err, os.ErrDeadlineExceeded) {
				bad(what, "until the deadline:", err)
			}
			if err := op(f); !errors.Is(err, os.ErrDeadlineExceeded) {
				bad(what, "after the deadline:", err)
			}
			f.SetDeadline(time.Time{})
			r = start()
			f.Close()
			if err := <-r; !errors.Is(err, os.ErrClosed) {
				bad(what, "when closed:", err)
			}
			if queueScope != nil {
				f = open(name(60))
				queueScope(what, wait, func() error { return op(f) }, func() { hold(kind, 30+i) })
				f.Close()
			}
		}
	}
	moves()
	if queueScope != nil {
		queuePaths(dir, wait)
	}
	if err := os.Remove(stop); err != nil {
		bad(err)
	}
	wg.Wait()
	if !settle(func() bool { return metric("queued:ops") == 0 && metric("threads:threads") == 0 }) {
		bad(metric("threads:threads"), "places are taken at the end, and", metric("queued:ops"), "operations wait")
	}
}

// keepMoving has an operation end every few milliseconds, so that the pool, in which all
// others wait, does not grow. It returns what ends that.
func keepMoving() (stop func()) {
	quit, done := make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			case <-time.After(5 * time.Millisecond):
				must(os.Stat("/"))
			}
		}
	}()
	return func() { close(quit); <-done }
}

// queueScope has op wait for a place in a scope, and cancels that. Then other is
// called while op waits. It is nil where there is no package zio.
var queueScope func(what string, wait func(string, func()), op func() error, other func())

// queuePaths cancels operations on paths that wait for a place.
func queuePaths(dir string, wait func(string, func())) {
	open := func() {
		go func() {
			if f, err := os.Open(filepath.Join(dir, "80")); err == nil {
				f.Close()
			}
		}()
	}
	for range 10 {
		open()
	}
	time.Sleep(50 * time.Millisecond)
	none := filepath.Join(dir, "none")
	for what, op := range map[string]func() error{
		"open":   func() error { _, err := os.Open(none); return err },
		"stat":   func() error { _, err := os.Stat(none); return err },
		"mkdir":  func() error { return os.Mkdir(none, 0o777) },
		"rename": func() error { return os.Rename(none, none+"x") },
		"remove": func() error { return os.Remove(none) },
		"list":   func() error { _, err := os.ReadDir(none); return err },
	} {
		queueScope(what, wait, op, open)
	}
}

// slowCached reads a file that is in the page cache while others have all places.
func slowCached(args []string) {
	dir, stop := args[0], args[1]
	f, remove := tempFile(100_000)
	defer remove()
	for i := range 16 {
		f := must(os.Open(filepath.Join(dir, strconv.Itoa(i))))
		go f.Read(make([]byte, 8))
	}
	time.Sleep(50 * time.Millisecond)
	t := time.Now()
	for range 10_000 {
		if n, err := f.ReadAt(make([]byte, 100), 5000); n != 100 || err != nil {
			bad("read", n, err)
		}
		must(f.Seek(0, 0))
		if n, err := f.Read(make([]byte, 100)); n != 100 || err != nil {
			bad("read", n, err)
		}
	}
	if d := time.Since(t); d > 5*time.Second {
		bad("20,000 cached reads took", d)
	}
	os.Remove(stop)
	runtime.Gosched()
}

// slowSelf reads files that it serves itself at dir, each of which is what a file on a
// disk says, or the file before it: what is read waits for what is read.
func slowSelf(args []string) {
	dir := args[0]
	const chain = 2
	disks, remove := tempFile(100_000)
	defer remove()
	s := must(fuse.Mount(dir, fuse.FS{Files: 2 * chain, Size: 100, Read: func(file int, b []byte, off int64) (int, error) {
		switch {
		case file%chain > 0:
			f, err := os.Open(filepath.Join(dir, strconv.Itoa(file-1)))
			if err != nil {
				return 0, err
			}
			defer f.Close()
			return f.ReadAt(b[:1], 0)
		case file == chain:
			disk.Forget(disks)
			return disks.ReadAt(b[:1], 50_000)
		}
		return 1, nil
	}}))
	// A program that waits for itself cannot be killed.
	defer time.AfterFunc(40*time.Second, func() {
		bad("hangs:", metric("threads:threads"), "places are taken,", metric("queued:ops"), "wait")
		fuse.Unmount(dir)
		os.Exit(1)
	}).Stop()
	var wg sync.WaitGroup
	for g := range 400 {
		wg.Go(func() {
			f, err := os.Open(filepath.Join(dir, strconv.Itoa(g%(2*chain))))
			if err != nil {
				bad(err)
				return
			}
			defer f.Close()
			if n, err := f.ReadAt(make([]byte, 1), 0); n != 1 || err != nil {
				bad("read", n, err)
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		bad(err)
	}
}

// slowSync has a goroutine sync a file of dir, which takes its time, and another one run
// meanwhile, which is not to wait until sysmon looks: that sleeps for up to 10 ms while
// there is nothing for it to do.
func slowSync(args []string) {
	runtime.GOMAXPROCS(1)
	f := must(os.OpenFile(filepath.Join(args[0], "0"), os.O_RDWR, 0))
	sync := func() {
		if err := f.Sync(); err != nil {
			bad("sync:", err)
		}
	}
	sync() // the first one shows that they wait
	var delays []time.Duration
	for range 9 {
		for start := time.Now(); time.Since(start) < 60*time.Millisecond; {
		}
		ran := make(chan time.Duration, 1)
		start := time.Now()
		go func() { ran <- time.Since(start) }()
		sync()
		delays = append(delays, <-ran)
	}
	slices.Sort(delays)
	if delays[len(delays)/2] > time.Millisecond {
		bad("another goroutine ran after", delays)
	}
}
