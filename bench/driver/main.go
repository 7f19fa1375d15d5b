// Driver loads one server and measures it. It is one thread around epoll with
// raw system calls and no allocation in its loop, so that it is cheap, steady
// and the same for every server. It prints one line of JSON.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/zio-go/zio/bench/internal/wire"
	"golang.org/x/sys/unix"
)

type config struct {
	mode     string
	addr     string
	pid      int
	conns    int
	window   int
	size     int
	msgs     int64
	warm     int64
	think    time.Duration
	duration time.Duration
	split    bool
	latency  bool
	count    bool
	urgent   bool
}

func main() {
	var c config
	flag.StringVar(&c.mode, "mode", "echo", "what to do: "+modeNames())
	flag.StringVar(&c.addr, "addr", "", "the server's address")
	flag.IntVar(&c.pid, "pid", 0, "the server's process")
	flag.IntVar(&c.conns, "conns", 1, "connections")
	flag.IntVar(&c.window, "window", 1, "messages in flight on each connection")
	flag.IntVar(&c.size, "size", 64, "bytes of a message")
	flag.Int64Var(&c.msgs, "msgs", 100000, "messages to measure")
	flag.Int64Var(&c.warm, "warm", 10000, "messages before that")
	flag.DurationVar(&c.think, "think", 0, "pause about this long between a reply and the next message")
	flag.DurationVar(&c.duration, "duration", 0, "end earlier after this time")
	flag.BoolVar(&c.split, "split", false, "send every message with a call of its own")
	flag.BoolVar(&c.latency, "latency", false, "record latencies")
	flag.BoolVar(&c.count, "count", false, "count the server's system calls (needs tracefs and the right to use it)")
	flag.BoolVar(&c.urgent, "urgent", false, "run before others on busy processors, if allowed to")
	flag.Parse()

	mode, ok := modes[c.mode]
	if !ok {
		fail(fmt.Errorf("no mode %q (have %s)", c.mode, modeNames()))
	}
	if c.urgent {
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, -20) // without the right: as everybody
	}
	debug.SetGCPercent(-1)
	runtime.LockOSThread()
	r, err := mode(&c)
	if err != nil {
		fail(err)
	}
	line, err := json.Marshal(r)
	if err != nil {
		fail(err)
	}
	fmt.Printf("%s\n", line)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "driver:", err)
	os.Exit(1)
}

// measure runs f between two looks at the server.
func (c *config) measure(f func() (int64, error)) (map[string]float64, error) {
	var counter syscallCounter
	if c.count {
		var err error
		if counter, err = countSyscalls(c.pid); err != nil {
			return nil, fmt.Errorf("count system calls: %w", err)
		}
		defer counter.close()
	}
	calls := counter.read()
	before, err := look(c.pid)
	if err != nil {
		return nil, err
	}
	n, err := f()
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, fmt.Errorf("not one message in the measured time")
	}
	after, err := look(c.pid)
	if err != nil {
		return nil, err
	}
	v := perMessage(before, after, n)
	if c.count {
		v["syscalls"] = float64(counter.read()-calls) / float64(n)
	}
	return v, nil
}

func result(v map[string]float64, messages int64) *wire.Result {
	return &wire.Result{Messages: messages, Values: v}
}
