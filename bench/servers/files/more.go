//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/zio-go/zio/internal/disk"
	"github.com/zio-go/zio/internal/fuse"
)

// large has n goroutines read 64 KiB at a time from the page cache.
func large(dir string, n int) (map[string]float64, error) {
	const size = 64 << 10
	f, err := cached(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return measure(n, func(int) (func() error, error) {
		buf := make([]byte, size)
		return func() error {
			_, err := f.ReadAt(buf, rand.Int64N(blocks*block/size)*size)
			return err
		}, nil
	}, func() {})
}

// positions has n goroutines each read a file of its own from the page cache, in order.
func positions(dir string, n int) (map[string]float64, error) {
	f, err := cached(dir)
	if err != nil {
		return nil, err
	}
	f.Close()
	return measure(n, func(int) (func() error, error) {
		f, err := os.Open(f.Name())
		if err != nil {
			return nil, err
		}
		buf := make([]byte, block)
		return func() error {
			_, err := f.Read(buf)
			if err == io.EOF {
				_, err = f.Seek(0, io.SeekStart)
			}
			return err
		}, nil
	}, func() {})
}

// cached returns a file that is in the page cache.
func cached(dir string) (*os.File, error) {
	name := filepath.Join(dir, "data")
	if err := write(name); err != nil {
		return nil, err
	}
	if _, err := os.ReadFile(name); err != nil {
		return nil, err
	}
	return os.Open(name)
}

// writes has n goroutines append size bytes at a time to a file each, and sync it. What
// is not synced is little, so that the disk does not matter.
func writes(dir string, n, size int, sync bool) (map[string]float64, error) {
	limit := (64 << 20) / n
	return measure(n, func(i int) (func() error, error) {
		f, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(i)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err
		}
		buf := make([]byte, size)
		written := 0
		return func() error {
			if _, err := f.Write(buf); err != nil || sync {
				return errors.Join(err, f.Sync())
			}
			if written += size; written > limit {
				written = 0
				return f.Truncate(0)
			}
			return nil
		}, nil
	}, func() {})
}

// meta has n goroutines open, stat, read and close small files that are in the page
// cache.
func meta(dir string, n int) (map[string]float64, error) {
	const files = 2000
	name := func(i int) string { return filepath.Join(dir, strconv.Itoa(i)) }
	for i := range files {
		if err := os.WriteFile(name(i), make([]byte, 300), 0o600); err != nil {
			return nil, err
		}
	}
	return measure(n, func(int) (func() error, error) {
		buf := make([]byte, block)
		return func() error {
			f, err := os.Open(name(rand.IntN(files)))
			if err != nil {
				return err
			}
			defer f.Close()
			if st, err := f.Stat(); err != nil || st.Size() != 300 {
				return fmt.Errorf("stat: %w", err)
			}
			if n, err := f.Read(buf); err != nil || n != 300 {
				return fmt.Errorf("read %d: %w", n, err)
			}
			return nil
		}, nil
	}, func() {})
}

// slow has n goroutines each read once a file whose server takes 20 ms for it.
func slow(dir string, n int) (map[string]float64, error) {
	stop, err := startServer(dir, "20ms")
	if err != nil {
		return nil, err
	}
	defer stop()
	var open [100]*os.File
	for i := range open {
		if open[i], err = os.Open(filepath.Join(dir, strconv.Itoa(i))); err != nil {
			return nil, err
		}
		defer open[i].Close()
	}
	var wg sync.WaitGroup
	errs := make(chan error, n)
	start, cpu := time.Now(), cpuTime()
	for i := range n {
		wg.Go(func() {
			if k, err := open[i%len(open)].ReadAt(make([]byte, 8), 8); err != nil || k != 8 {
				errs <- fmt.Errorf("read %d: %w", k, err)
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(errs); close(done) }()
	threads := 0
	for running := true; running; {
		select {
		case <-done:
			running = false
		case <-time.After(10 * time.Millisecond):
			d, err := os.ReadDir("/proc/self/task")
			if err != nil {
				return nil, err
			}
			threads = max(threads, len(d))
		}
	}
	took := time.Since(start).Seconds()
	if err := <-errs; err != nil {
		return nil, err
	}
	return map[string]float64{"rate": float64(n) / took, "cpu_us": (cpuTime() - cpu).Seconds() * 1e6 / float64(n), "threads": float64(threads)}, nil
}

// startServer starts a process that serves files at dir (serveSlow), and returns what
// ends it.
func startServer(dir, while string) (stop func(), err error) {
	server := exec.Command("/proc/self/exe", "fuse-server", dir, while)
	server.Stderr = os.Stderr
	in, err := server.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	stop = func() { in.Close(); server.Wait() }
	if _, err := io.ReadFull(out, make([]byte, 1)); err != nil {
		stop()
		return nil, errors.New("the file server does not start")
	}
	return stop, nil
}

// serveSlow serves files at dir, each operation of which takes a while, until standard
// input ends.
func serveSlow(dir, while string) error {
	d, err := time.ParseDuration(while)
	if err != nil {
		return err
	}
	s, err := fuse.Mount(dir, fuse.FS{Files: 100, Size: disk.Page, Read: func(_ int, b []byte, _ int64) (int, error) {
		time.Sleep(d)
		return len(b), nil
	}})
	if err != nil {
		return err
	}
	os.Stdout.Write([]byte{1})
	io.Copy(io.Discard, os.Stdin)
	return s.Close()
}
