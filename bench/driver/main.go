// Driver loads one server and measures it. It is one thread around epoll with
// raw system calls and no allocation in its loop, so that it is cheap, steady
// and the same for every server. It speaks lines of JSON, see serve.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
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
	flag.Int64Var(&c.msgs, "msgs", 100000, "messages of a measurement")
	flag.Int64Var(&c.warm, "warm", 10000, "messages before that")
	flag.DurationVar(&c.think, "think", 0, "pause about this long between a reply and the next message")
	flag.DurationVar(&c.duration, "duration", 0, "end a measurement after this time")
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
	if err := c.serve(mode, os.Stdin, os.Stdout); err != nil {
		fail(err)
	}
}

// serve warms the server up and says so with a line. Then every line that it
// reads makes it measure msgs messages and print the figures, so that several
// drivers can take turns; at the end of its input it prints the total.
func (c *config) serve(mode func(*config) (session, error), in io.Reader, out io.Writer) error {
	s, err := mode(c)
	if err != nil {
		return err
	}
	if c.warm > 0 {
		if _, err := s.run(c.warm); err != nil {
			return fmt.Errorf("warm-up: %w", err)
		}
	}
	lines, enc := bufio.NewScanner(in), json.NewEncoder(out)
	if err := enc.Encode(wire.Result{}); err != nil {
		return err
	}
	for lines.Scan() {
		v, err := c.measure(func() (int64, error) { return s.run(c.msgs) })
		if err != nil {
			return err
		}
		s.figures(v)
		if err := enc.Encode(wire.Result{Values: v}); err != nil {
			return err
		}
	}
	n, err := s.end()
	if err != nil {
		return err
	}
	return enc.Encode(wire.Result{Messages: n})
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
