//go:build linux

// Quiet is a program in which nothing waits for the outside world: no timer, no
// goroutine in the poller, no reader. All that it does is to send, so when the
// runtime has lost sight of a send, nobody is left to run, and it takes the
// program for deadlocked.
//
// usage: quiet [-changeprocs] [-rounds n] udp|tcp
//
// With -stuck it does end in a deadlock.
package main

import (
	"flag"
	"fmt"
	"net"
	"runtime"
	"sync"
	"time"

	"github.com/zio-go/zio/test/internal/work"
	"golang.org/x/sys/unix"
)

var (
	rounds = flag.Int("rounds", 400, "rounds of sends")
	procs  = flag.Bool("changeprocs", false, "change GOMAXPROCS all the time")
	stuck  = flag.Bool("stuck", false, "wait for ever, with the last sends under way")
)

const (
	senders = 200
	size    = 3000 // what a socket's buffers hold without anybody reading
)

func main() {
	flag.Parse()
	l := newLine(flag.Arg(0), senders)
	b := make([]byte, size)
	for round := range *rounds {
		if *procs {
			runtime.GOMAXPROCS(1 + round%3)
		}
		var wg sync.WaitGroup
		for _, c := range l.conns {
			wg.Go(func() {
				if n, err := c.Write(b); n != len(b) || err != nil {
					work.Failf("write: %d %v", n, err)
				}
			})
		}
		// Ends about when sysmon performs the sends for the P, some of
		// the times; what was started last runs first.
		wg.Go(func() { compute(time.Duration(100+round*7%1200) * time.Microsecond) })
		wg.Go(func() {})
		if *stuck && round == *rounds-1 {
			select {}
		}
		wg.Wait()
		l.drain()
	}
	fmt.Printf("done rounds=%d backend=%s\n", *rounds, work.Backend())
}

func compute(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}

// A line is a number of connections whose other ends the runtime does not know.
type line struct {
	conns []net.Conn
	ends  []int
	buf   [2 * size]byte
}

func newLine(network string, n int) *line {
	l := new(line)
	var ln int
	for i := range n {
		if network == "udp" || i == 0 {
			ln = listen(network)
		}
		port := work.Must1(unix.Getsockname(ln)).(*unix.SockaddrInet4).Port
		l.conns = append(l.conns, work.Must1(net.Dial(network, fmt.Sprint("127.0.0.1:", port))))
		end := ln
		if network == "tcp" {
			var err error
			end, _, err = unix.Accept(ln)
			work.Must(err)
		}
		l.ends = append(l.ends, end)
	}
	return l
}

func listen(network string) int {
	kind := unix.SOCK_STREAM
	if network == "udp" {
		kind = unix.SOCK_DGRAM
	}
	fd := work.Must1(unix.Socket(unix.AF_INET, kind, 0))
	work.Must(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	if network == "tcp" {
		work.Must(unix.Listen(fd, 5))
	}
	return fd
}

// drain receives what a round has sent, all of which has arrived.
func (l *line) drain() {
	for i, end := range l.ends {
		n, _, err := unix.Recvfrom(end, l.buf[:], unix.MSG_DONTWAIT)
		if err != nil || n != size {
			work.Failf("connection %d received %d bytes of %d: %v", i, n, size, err)
		}
	}
}
