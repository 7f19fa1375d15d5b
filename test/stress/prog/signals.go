//go:build linux

// A flood of signals to every thread of the program while it does I/O: system
// calls of the poller and of the rings end with EINTR at any moment. The
// driver stops and continues the whole program besides.
package main

import (
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["signals"] = signals
}

func signals(w *work.W) {
	ch := make(chan os.Signal, 100)
	signal.Notify(ch, syscall.SIGUSR1)
	var got atomic.Int64
	go func() {
		for range ch {
			got.Add(1)
		}
	}()
	w.Go(2, func(int) {
		for w.Running() {
			work.Must(syscall.Kill(os.Getpid(), syscall.SIGUSR1))
			sigThreads()
			time.Sleep(20 * time.Microsecond)
		}
	})
	echo(w, "tcp", 100, 2)
	deadline(w)
	w.Wait()
	if got.Load() == 0 {
		work.Failf("no signal arrived")
	}
	signal.Stop(ch)
	close(ch)
}

// sigThreads signals each thread, of which some wait in the poller.
func sigThreads() {
	tasks, err := os.ReadDir("/proc/self/task")
	work.Must(err)
	for _, t := range tasks {
		tid := 0
		for _, c := range t.Name() {
			tid = 10*tid + int(c-'0')
		}
		// The thread may be gone.
		unix.Tgkill(os.Getpid(), tid, syscall.SIGUSR1)
	}
}
