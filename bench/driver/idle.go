package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

func init() { modes["idle"] = idleMode }

// idle opens many connections, has one message answered on each, and then lets
// them be. The time of all that counts as the server's CPU time.
type idle struct {
	c       *config
	e       *echo
	free    int64         // memory before
	settled time.Duration // the server's CPU clock when all was quiet
}

func idleMode(c *config) (session, error) {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return nil, err
	}
	if most := int(min(lim.Max, 1<<20)) - 200; c.conns > most {
		fmt.Fprintf(os.Stderr, "driver: only %d of %d connections: RLIMIT_NOFILE is %d\n", most, c.conns, lim.Max)
		c.conns = most
	}
	if lim.Cur < lim.Max {
		lim.Cur = lim.Max
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &lim)
	}
	return &idle{c: c}, nil
}

func (s *idle) run(int64) (n int64, err error) {
	s.free = available()
	if s.e, err = newEcho(s.c); err != nil {
		return 0, err
	}
	if n, err = s.e.run(int64(s.c.conns)); err != nil {
		return 0, err
	}
	if s.settled, err = cpuClock(s.c.pid); err != nil {
		return 0, err
	}
	time.Sleep(3 * time.Second)
	return n, nil
}

func (s *idle) figures(v map[string]float64) {
	if now, err := cpuClock(s.c.pid); err == nil {
		v["idle_cpu_ms"] = float64(now-s.settled) / 1e6
	}
	v["conns"] = float64(s.c.conns)
	// Sockets, rings and requests are the kernel's and in no process's RSS.
	v["system_mb"] = float64(s.free-available()) / 1e6
}

func (s *idle) end() (int64, error) {
	if s.e == nil {
		return 0, nil
	}
	return s.e.end()
}

// available is the memory that the whole machine has left, in bytes.
func available() int64 {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	var kb int64
	for _, f := range fieldsOf(b, "MemAvailable") {
		fmt.Sscan(f, &kb)
		break
	}
	return kb << 10
}
