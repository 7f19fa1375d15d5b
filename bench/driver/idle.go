package main

import (
	"fmt"
	"os"
	"time"

	"github.com/zio-go/zio/bench/internal/wire"
	"golang.org/x/sys/unix"
)

func init() { modes["idle"] = idleMode }

// idleMode opens many connections, has one message answered on each, and then
// lets them be. The time of all that counts as the server's CPU time.
func idleMode(c *config) (*wire.Result, error) {
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
	free := available()
	var e *echo
	var settled usage
	v, err := c.measure(func() (int64, error) {
		var err error
		if e, err = newEcho(c); err != nil {
			return 0, err
		}
		n, err := e.run(int64(c.conns), 0)
		if err != nil {
			return 0, err
		}
		if settled, err = look(c.pid); err != nil {
			return 0, err
		}
		time.Sleep(3 * time.Second)
		return n, nil
	})
	if err != nil {
		return nil, err
	}
	after, err := cpuClock(c.pid)
	if err != nil {
		return nil, err
	}
	v["conns"] = float64(c.conns)
	v["idle_cpu_ms"] = float64(after-settled.cpu) / 1e6
	// Sockets, rings and requests are the kernel's and in no process's RSS.
	v["system_mb"] = float64(free-available()) / 1e6
	if err := e.close(); err != nil {
		return nil, err
	}
	return result(v, e.done), nil
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
