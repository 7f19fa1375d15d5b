package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// usage is what the server's process has used so far, seen from outside, so
// that the measured programs stay ordinary and C, gnet and Go servers are
// measured with the same clock.
type usage struct {
	wall    time.Time
	cpu     time.Duration // all threads, dead ones included
	sys     time.Duration // by the tick, so only good for the split
	csw     int64         // context switches of the live threads
	threads int
	rss     int64 // bytes
	noise   noise
}

// noise is what the rest of the machine did: a run beside other work is not a
// measurement, and the runner repeats it.
type noise struct {
	others time.Duration // CPU time of all but the server and this driver
	stolen time.Duration // by the hypervisor
}

func lookAround(server time.Duration) (n noise) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return n
	}
	line, _, _ := strings.Cut(string(b), "\n")
	for i, f := range strings.Fields(line) {
		t, _ := strconv.ParseInt(f, 10, 64)
		d := time.Duration(t) * tick
		switch i {
		case 1, 2, 3, 6, 7: // user, nice, system, irq, softirq
			n.others += d
		case 8:
			n.stolen = d
		}
	}
	var own unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &own)
	n.others -= server + time.Duration(own.Nano())
	return n
}

// tick is USER_HZ, the unit in /proc.
const tick = 10 * time.Millisecond

// cpuClock reads the CPU time clock of another process. It has the precision
// of the scheduler's own accounting (ns); /proc/PID/stat has 10 ms.
func cpuClock(pid int) (time.Duration, error) {
	const cpuclockSched = 2
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|cpuclockSched), &ts); err != nil {
		return 0, fmt.Errorf("CPU clock of process %d: %w", pid, err)
	}
	return time.Duration(ts.Nano()), nil
}

func look(pid int) (usage, error) {
	var u usage
	dir := fmt.Sprintf("/proc/%d", pid)
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return u, err
	}
	// The command's name may hold blanks; the fields start after its ")".
	f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(f) < 22 {
		return u, fmt.Errorf("%s/stat: too short", dir)
	}
	field := func(i int) int64 { n, _ := strconv.ParseInt(f[i], 10, 64); return n }
	u.sys = time.Duration(field(12)) * tick
	u.threads = int(field(17))
	u.rss = field(21) * int64(os.Getpagesize())
	tasks, _ := filepath.Glob(dir + "/task/*/status")
	for _, t := range tasks {
		u.csw += switches(t)
	}
	if u.cpu, err = cpuClock(pid); err != nil {
		return u, err
	}
	u.noise = lookAround(u.cpu)
	u.wall = time.Now()
	return u, nil
}

func switches(status string) int64 {
	b, err := os.ReadFile(status)
	if err != nil {
		return 0 // the thread has ended
	}
	var n int64
	for line := range strings.Lines(string(b)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.HasSuffix(k, "ctxt_switches") {
			i, _ := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
			n += i
		}
	}
	return n
}

// perMessage turns two looks into the figures that every case reports.
func perMessage(a, b usage, n int64) map[string]float64 {
	us := func(d time.Duration) float64 { return float64(d) / float64(n) / 1e3 }
	wall := b.wall.Sub(a.wall).Seconds()
	return map[string]float64{
		"cpu_us":   us(b.cpu - a.cpu),
		"sys_us":   us(b.sys - a.sys),
		"switches": float64(b.csw-a.csw) / float64(n),
		"rate":     float64(n) / wall,
		"wall_s":   wall,
		"threads":  float64(b.threads),
		"rss_mb":   float64(b.rss) / 1e6,
		// CPUs that were busy with something else.
		"noise_cpus": max(0, (b.noise.others-a.noise.others+b.noise.stolen-a.noise.stolen).Seconds()/wall),
	}
}

// fieldsOf returns what follows "key:" in a file of such lines.
func fieldsOf(b []byte, key string) []string {
	for line := range strings.Lines(string(b)) {
		if k, v, ok := strings.Cut(line, ":"); ok && k == key {
			return strings.Fields(v)
		}
	}
	return nil
}
