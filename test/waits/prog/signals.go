//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

func init() { programs["signals"] = signals }

// signals reads standard input, a terminal that nobody types at, and a pipe with
// deadlines while every thread gets signals all the time.
func signals(args []string) {
	var stop atomic.Bool
	sent := make(chan int)
	go func() { sent <- storm(&stop) }()
	hangs := time.AfterFunc(20*time.Second, func() {
		bad("a read does not end")
		os.Exit(1)
	})
	r, w := pipe()
	defer w.Close()
	before := threads()
	for range 100 {
		// What is known of a file decides how it is waited for, so this is a new one.
		readLate(int(os.Stdin.Fd()))
		readLate(int(r.Fd()))
	}
	if k := threads(); k > before+4 {
		bad(k, "threads, before", before)
	}
	hangs.Stop()
	stop.Store(true)
	if n := <-sent; n < 1000 {
		bad("only", n, "signals")
	}
}

// readLate reads a duplicate of fd, until a deadline.
func readLate(fd int) {
	f := os.NewFile(uintptr(must(syscall.Dup(fd))), "late")
	defer f.Close()
	const d = 5 * time.Millisecond
	start := time.Now()
	f.SetReadDeadline(start.Add(d))
	n, err := f.Read(make([]byte, 10))
	if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		bad("read:", n, err)
	}
	if took := time.Since(start); took < d {
		bad("a read ended after", took)
	}
}

// storm sends signals, which the runtime handles and ignores, to all other threads until
// stop, and returns how many.
func storm(stop *atomic.Bool) (n int) {
	runtime.LockOSThread()
	self := fmt.Sprint(syscall.Gettid())
	for !stop.Load() {
		for _, e := range must(os.ReadDir("/proc/self/task")) {
			if e.Name() == self {
				continue
			}
			for range 20 {
				tid, _ := strconv.Atoi(e.Name())
				syscall.Tgkill(os.Getpid(), tid, syscall.SIGURG)
				n++
				for end := time.Now().Add(10 * time.Microsecond); time.Now().Before(end); {
				}
			}
		}
	}
	return n
}
