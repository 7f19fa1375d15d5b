//go:build linux

package main

import (
	"errors"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Area reset: connections that are reset or refused, and broken pipes.
func init() {
	for _, network := range []string{"tcp4", "tcp6"} {
		add("reset", "read/"+network, func(t *T) { resetRead(t, network) })
		add("reset", "read-with-data/"+network, func(t *T) { resetData(t, network) })
		add("reset", "write/"+network, func(t *T) { resetWrite(t, network) })
		add("reset", "write-waiting/"+network, func(t *T) { resetWriteWaiting(t, network) })
	}
	add("reset", "unread-data/unix", resetUnix)
	add("reset", "refused", resetRefused)
	add("reset", "refused-datagram", resetRefusedDatagram)
	add("reset", "sigpipe", resetSigpipe)
	add("reset", "sigpipe-many-writers", resetSigpipeMany)
}

func reset(c net.Conn) {
	c.(*net.TCPConn).SetLinger(0)
	c.Close()
}

func resetRead(t *T, network string) {
	c, s := t.pair(network)
	wait := t.later("read", func() (any, error) { return s.Read(make([]byte, 10)) })
	moment()
	reset(c)
	wait()
	t.read(s, 10)
	t.write(s, []byte("x"))

	c, s = t.pair(network)
	c.Write([]byte("x"))
	t.read(s, 10)
	reset(c)
	moment()
	t.read(s, 10)
	t.read(s, 10)
}

func resetData(t *T, network string) {
	c, s := t.pair(network)
	c.Write([]byte("data"))
	moment()
	reset(c)
	moment()
	t.read(s, 10)
	t.read(s, 10)
}

func resetWrite(t *T, network string) {
	c, s := t.pair(network)
	reset(s)
	moment()
	t.write(c, []byte("x"))
	t.write(c, []byte("x"))
	t.write(c, pattern(100000))
	t.read(c, 10)
}

func resetWriteWaiting(t *T, network string) {
	c, s := t.pair(network)
	fill(c)
	wait := t.later("write", func() (any, error) {
		for {
			if _, err := c.Write(make([]byte, 1000)); err != nil {
				return nil, err
			}
		}
	})
	moment()
	reset(s)
	wait()
	t.write(c, []byte("x"))
}

// resetUnix closes an end that has not read everything.
func resetUnix(t *T) {
	c, s := t.pair("unix")
	c.Write([]byte("never read"))
	s.Close()
	t.read(c, 10)
	t.read(c, 10)
	t.write(c, []byte("x"))
}

func resetRefused(t *T) {
	ln := t.listen("tcp4")
	addr := ln.Addr().String()
	ln.Close()
	_, err := net.Dial("tcp4", addr)
	t.Print("dial:", err)
	_, err = net.Dial("unix", sockName())
	t.Print("dial:", err)
}

// resetRefusedDatagram writes to a port that nobody has, which shows at a later
// operation.
func resetRefusedDatagram(t *T) {
	pc := must(net.ListenPacket("udp4", "127.0.0.1:0"))
	addr := pc.LocalAddr().String()
	pc.Close()
	c := must(net.Dial("udp4", addr))
	defer c.Close()
	t.write(c, []byte("x"))
	moment()
	t.read(c, 10)
	t.write(c, []byte("x"))
	moment()
	t.write(c, []byte("x"))
	moment()
	t.write(c, []byte("x"))
	t.read(c, 10)
}

// resetSigpipe asks for SIGPIPE, which a write to a broken connection raises.
func resetSigpipe(t *T) {
	for _, network := range []string{"tcp4", "unix"} {
		for _, size := range []int{1, 10000, 100000} {
			ch := make(chan os.Signal, 100)
			signal.Notify(ch, syscall.SIGPIPE)
			c, s := t.pair(network)
			reset2(s)
			moment()
			for range 3 {
				c.Write(make([]byte, size))
			}
			_, err := c.Write(make([]byte, size))
			t.Print(network, size, "EPIPE:", errors.Is(err, syscall.EPIPE), err)
			select {
			case sig := <-ch:
				t.Print(sig)
			case <-time.After(ms(2000)):
				t.Print("no signal")
			}
			signal.Stop(ch)
		}
	}
}

func reset2(c net.Conn) {
	if tc, ok := c.(*net.TCPConn); ok {
		tc.SetLinger(0)
	}
	c.Close()
}

// resetSigpipeMany has so many goroutines write at once that a backend may
// perform the writes together.
func resetSigpipeMany(t *T) {
	ch := make(chan os.Signal, 1000)
	signal.Notify(ch, syscall.SIGPIPE)
	defer signal.Stop(ch)
	const n = 200
	var conns []net.Conn
	ln := t.listen("tcp4")
	for range n {
		c, s := t.pairOver(ln, &net.Dialer{})
		s.Close()
		conns = append(conns, c)
	}
	moment()
	errs := make(chan error, n)
	for _, c := range conns {
		go func() {
			for {
				if _, err := c.Write([]byte("abc")); err != nil {
					errs <- err
					return
				}
				io.Copy(io.Discard, c)
			}
		}()
	}
	pipe, reset := 0, 0
	for range n {
		switch err := <-errs; {
		case errors.Is(err, syscall.EPIPE):
			pipe++
		case errors.Is(err, syscall.ECONNRESET):
			reset++
		default:
			t.Print(err)
		}
	}
	t.Print("errors:", pipe+reset, "some EPIPE:", pipe > 0)
	select {
	case sig := <-ch:
		t.Print(sig)
	case <-time.After(ms(2000)):
		t.Print("no signal")
	}
}
