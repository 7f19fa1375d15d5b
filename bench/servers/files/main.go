//go:build linux

// Files reads and writes files from many goroutines, and prints what that costs
// as one line of JSON.
//
// usage: files CASE GOROUTINES
package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/zio-go/zio/internal/disk"
)

const (
	block  = disk.Page
	blocks = 32 << 10 // of the file that is read: 128 MiB
	length = time.Second
)

// cases measure n goroutines that work in a directory.
var cases = map[string]func(dir string, n int) (map[string]float64, error){
	"direct":    direct,
	"cold":      func(dir string, n int) (map[string]float64, error) { return reads(dir, n, 0, true) },
	"cached":    func(dir string, n int) (map[string]float64, error) { return reads(dir, n, 0, false) },
	"cached64k": large,
	"position":  positions,
	"sync":      func(dir string, n int) (map[string]float64, error) { return writes(dir, n, 200, true) },
	"append":    func(dir string, n int) (map[string]float64, error) { return writes(dir, n, 200, false) },
	"write":     func(dir string, n int) (map[string]float64, error) { return writes(dir, n, 64<<10, false) },
	"meta":      meta,
	"fuse":      slow,
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "files:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) == 4 && os.Args[1] == "fuse-server" {
		return serveSlow(os.Args[2], os.Args[3])
	}
	if len(os.Args) != 3 || cases[os.Args[1]] == nil {
		return fmt.Errorf("usage: files CASE GOROUTINES, where CASE is one of %s", strings.Join(slices.Sorted(maps.Keys(cases)), " "))
	}
	n, err := strconv.Atoi(os.Args[2])
	if err != nil {
		return err
	}
	// /tmp may be memory, /var/tmp is on a disk.
	dir, err := os.MkdirTemp("/var/tmp", "zio-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	v, err := cases[os.Args[1]](dir, n)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(v)
}

// direct reads past the page cache, and compares that with fio, if it is there.
func direct(dir string, n int) (map[string]float64, error) {
	v, err := reads(dir, n, syscall.O_DIRECT, false)
	if err != nil {
		return nil, err
	}
	rate, err := fioRate(filepath.Join(dir, "data"), n)
	if rate > 0 {
		v["of_fio"] = v["rate"] / rate
	}
	return v, err
}

// reads has n goroutines read blocks at random, each of which says its number.
func reads(dir string, n, flags int, cold bool) (map[string]float64, error) {
	name := filepath.Join(dir, "data")
	if err := write(name); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_RDONLY|flags, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if cold {
		if err := errors.Join(disk.Random(f), disk.Forget(f)); err != nil {
			return nil, err
		}
	} else if flags == 0 {
		if _, err := os.ReadFile(name); err != nil {
			return nil, err
		}
	}
	return measure(n, func(int) (func() error, error) {
		buf := disk.Aligned(block)
		return func() error {
			i := rand.IntN(blocks)
			if m, err := f.ReadAt(buf, int64(i)*block); err != nil || m != block {
				return fmt.Errorf("read %d: %w", m, err)
			}
			if got := binary.LittleEndian.Uint64(buf); got != uint64(i) {
				return fmt.Errorf("block %d says that it is %d", i, got)
			}
			return nil
		}, nil
	}, func() {
		if cold {
			disk.Forget(f)
		}
	})
}

func write(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	buf := make([]byte, 256*block)
	for i := 0; i < blocks; i += 256 {
		for j := range 256 {
			binary.LittleEndian.PutUint64(buf[j*block:], uint64(i+j))
		}
		if _, err := f.Write(buf); err != nil {
			return err
		}
	}
	return f.Sync()
}

// measure has n goroutines repeat what begin returns to each, and calls often
// every 10 ms. It returns operations per second, CPU time per operation and the
// largest number of threads.
func measure(n int, begin func(i int) (func() error, error), often func()) (map[string]float64, error) {
	var ops atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	start, cpu := time.Now(), cpuTime()
	stop := start.Add(length)
	for i := range n {
		op, err := begin(i)
		if err != nil {
			return nil, err
		}
		wg.Go(func() {
			for time.Now().Before(stop) {
				if err := op(); err != nil {
					failed.Store(&err)
					return
				}
				ops.Add(1)
			}
		})
	}
	threads := 0
	for time.Now().Before(stop) {
		often()
		d, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return nil, err
		}
		threads = max(threads, len(d))
		time.Sleep(10 * time.Millisecond)
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return nil, *err
	}
	took := time.Since(start).Seconds()
	each := float64(ops.Load())
	return map[string]float64{"rate": each / took, "cpu_us": (cpuTime() - cpu).Seconds() * 1e6 / each, "threads": float64(threads)}, nil
}

func cpuTime() time.Duration {
	var ru syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &ru)
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}
