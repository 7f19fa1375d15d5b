package main

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// noisy is the share of one CPU that other processes may take during a run.
const noisy = 0.15

// waitForQuiet returns when the machine has been idle for half a second, or
// after d: a machine that is never idle is measured all the same.
func waitForQuiet(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		a, ok := busy()
		if !ok {
			return
		}
		time.Sleep(500 * time.Millisecond)
		if b, _ := busy(); b-a < time.Duration(noisy*float64(500*time.Millisecond)) {
			return
		}
	}
}

// busy is the time that all processors together have worked.
func busy() (time.Duration, bool) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	line, _, _ := strings.Cut(string(b), "\n")
	var sum int64
	for i, f := range strings.Fields(line) {
		switch i {
		case 1, 2, 3, 6, 7, 8: // all but idle and iowait
			n, _ := strconv.ParseInt(f, 10, 64)
			sum += n
		}
	}
	return time.Duration(sum) * 10 * time.Millisecond, true
}
