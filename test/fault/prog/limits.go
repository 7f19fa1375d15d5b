//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/zio-go/zio/test/internal/work"
	"golang.org/x/sys/unix"
)

func init() {
	programs["limit-first-ring"] = limitFirstRing
	programs["limit-later-ring"] = limitLaterRing
	programs["limit-accept"] = limitAccept
}

func pause() { time.Sleep(5 * time.Millisecond) }

func setLimit(n uint64) {
	var old unix.Rlimit
	work.Must(unix.Getrlimit(unix.RLIMIT_NOFILE, &old))
	work.Must(unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: n, Max: old.Max}))
}

// useUp opens descriptors until none is left and returns them.
func useUp() (fds []int) {
	for {
		fd, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.EMFILE) {
			return fds
		}
		work.Must(err)
		fds = append(fds, fd)
	}
}

func giveBack(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

// limitFirstRing has descriptors for sockets but none for a ring when the first
// socket is opened.
func limitFirstRing([]string) {
	// A pipe makes the runtime open its poller.
	r, w, err := os.Pipe()
	work.Must(err)
	r.Close()
	w.Close()
	setLimit(64)
	fds := useUp()
	// Room for the first socket only: what comes next is the ring.
	giveBack(fds[len(fds)-1:])
	fds = fds[:len(fds)-1]
	ln, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	work.Must(err)
	fmt.Println("backend", work.Backend())
	giveBack(fds)
	setLimit(512)
	ln.Close()
	tr := newTraffic(50)
	tr.wait(2000)
	tr.end()
	fmt.Println("backend", work.Backend())
}

// limitLaterRing has none when a P needs its ring, and has some again later.
func limitLaterRing([]string) {
	setLimit(256)
	ln := work.Must1(net.Listen("tcp", "127.0.0.1:0"))
	ln.Close()
	fmt.Println("rings", openKinds()["io_uring"])
	// The sockets are open before the goroutines that use them run.
	tr := newTrafficHeld(50)
	fds := useUp()
	tr.release()
	tr.wait(5000)
	fmt.Println("rings", openKinds()["io_uring"])
	giveBack(fds)
	for range 1000 {
		tr.wait(1000)
		if openKinds()["io_uring"] > 1 {
			break
		}
	}
	fmt.Println("more rings", openKinds()["io_uring"] > 1)
	tr.end()
}

// limitAccept reaches the limit by accepting, and recovers.
func limitAccept([]string) {
	ln := work.Must1(net.Listen("tcp", "127.0.0.1:0"))
	cmd := self("limit-accept-client", ln.Addr().String())
	out := work.Must1(cmd.StdoutPipe())
	in := work.Must1(cmd.StdinPipe())
	work.Must(cmd.Start())
	setLimit(60)
	var conns []net.Conn
	full := 0
	for full < 20 {
		c, err := ln.Accept()
		if err == nil {
			conns = append(conns, c)
			continue
		}
		if !errors.Is(err, unix.EMFILE) {
			work.Must(err)
		}
		if ne := err.(net.Error); !ne.Temporary() {
			work.Failf("not temporary: %v", err)
		}
		full++
		pause()
	}
	fmt.Println("limit reached:", len(conns) > 20)
	// What is open works while there is no room for more.
	for i, c := range conns {
		fmt.Fprintf(c, "hello %d", i)
		b := make([]byte, 100)
		n, err := c.Read(b)
		work.Must(err)
		if string(b[:n]) != fmt.Sprintf("hello %d", i) {
			work.Failf("connection %d: %q", i, b[:n])
		}
	}
	// Room again: the others come in.
	served := 0
	for served < 100 {
		for _, c := range conns {
			c.Close()
			served++
		}
		conns = conns[:0]
		for len(conns) < 10 && served+len(conns) < 100 {
			c, err := ln.Accept()
			work.Must(err)
			fmt.Fprintf(c, "late")
			b := make([]byte, 100)
			work.Must1(c.Read(b))
			conns = append(conns, c)
		}
	}
	in.Close()
	rest := work.Must1(io.ReadAll(out))
	work.Must(cmd.Wait())
	fmt.Printf("client: %s", rest)
}

func init() {
	// The client connects 100 times and echoes until it is closed.
	programs["limit-accept-client"] = func(args []string) {
		done := make(chan bool)
		for range 100 {
			c := work.Must1(net.Dial("tcp", args[0]))
			go func() {
				n, err := io.Copy(c, struct{ io.Reader }{c})
				done <- n > 0 || err != nil
				c.Close()
			}()
		}
		ok := 0
		for range 100 {
			if <-done {
				ok++
			}
		}
		fmt.Println(ok, "connections")
		io.Copy(io.Discard, os.Stdin)
	}
}
