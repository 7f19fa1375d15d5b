//go:build linux

package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// inPoll returns how many threads of this program wait in poll(2).
func inPoll() (n int) {
	call := fmt.Sprint(unix.SYS_PPOLL, " ")
	for _, e := range must(os.ReadDir("/proc/self/task")) {
		// A thread may have ended meanwhile.
		if b, err := os.ReadFile("/proc/self/task/" + e.Name() + "/syscall"); err == nil && strings.HasPrefix(string(b), call) {
			n++
		}
	}
	return n
}

// lingers has readers begin to wait while the program does this and that, and
// then nothing: whoever lingers is told to stop.
func lingers(args []string) {
	if _, err := os.ReadFile("/proc/thread-self/syscall"); err != nil {
		fmt.Fprintln(os.Stderr, "threads cannot be watched:", err)
		return
	}
	lingered := false
	for round := range 12 {
		var wg sync.WaitGroup
		var ends []*os.File
		for range 4 {
			r, w := pipe()
			ends = append(ends, w)
			wg.Go(func() {
				defer r.Close()
				if n, err := r.Read(make([]byte, 8)); n != 3 || err != nil {
					bad("read", n, err)
				}
			})
		}
		if round%3 == 1 {
			runtime.GC()
		}
		if round%3 == 2 {
			time.Sleep(time.Duration(round) * 20 * time.Microsecond)
		}
		runtime.Gosched()
		lingered = lingered || inPoll() != 0
		// While this sleeps nothing runs, and nothing reminds sysmon.
		time.Sleep(200 * time.Millisecond)
		if n := inPoll(); n != 0 {
			bad("round", round, ": threads that linger for ever:", n)
			return
		}
		for _, w := range ends {
			must(w.WriteString("abc"))
			w.Close()
		}
		wg.Wait()
	}
	if !lingered {
		bad("no thread has ever lingered")
	}
}
