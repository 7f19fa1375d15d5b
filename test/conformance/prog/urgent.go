//go:build linux

package main

import (
	"context"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Area urgent: data out of band between ordinary data. A receive stops at the
// mark though there is more behind it.
func init() {
	for _, network := range []string{"tcp4", "tcp6"} {
		add("urgent", "before-read/"+network, func(t *T) { oobBefore(t, network, 4096) })
		add("urgent", "between-reads/"+network, func(t *T) { oobBetween(t, network) })
		add("urgent", "while-waiting/"+network, func(t *T) { oobWaiting(t, network) })
		add("urgent", "last-then-close/"+network, func(t *T) { oobLast(t, network) })
	}
	add("urgent", "inline-by-control", oobInlineControl)
	add("urgent", "inline-inherited", oobInlineInherited)
	add("urgent", "inline-set-later", oobInlineLater)
	add("urgent", "unix", oobUnix)
}

func urgent(c net.Conn, b string) {
	raw(c.(syscall.Conn), func(fd int) {
		if err := unix.Sendto(fd, []byte(b), unix.MSG_OOB, nil); err != nil {
			panic(err)
		}
	})
}

// collect reads until there are n bytes, or nothing comes any more.
func (t *T) collect(s net.Conn, n, size int) {
	var got []byte
	b := make([]byte, size)
	s.SetReadDeadline(time.Now().Add(ms(3000)))
	for len(got) < n {
		m, err := s.Read(b)
		got = append(got, b[:m]...)
		if err != nil {
			t.Print("collect:", err)
			break
		}
	}
	s.SetReadDeadline(time.Time{})
	t.Print("collected:", sum(got))
}

func oobBefore(t *T, network string, size int) {
	c, s := t.pair(network)
	c.Write([]byte("aaa"))
	urgent(c, "U")
	c.Write([]byte("bbb"))
	moment()
	t.collect(s, 6, size)
	c.Write([]byte("ccc"))
	t.collect(s, 3, size)
}

func oobBetween(t *T, network string) {
	for range 20 {
		c, s := t.pair(network)
		c.Write([]byte("aaa"))
		t.collect(s, 3, 4096)
		go func() {
			c.Write([]byte("bbb"))
			urgent(c, "U")
			c.Write([]byte("ccc"))
		}()
		t.collect(s, 6, 4096)
	}
}

func oobWaiting(t *T, network string) {
	c, s := t.pair(network)
	for range 3 {
		wait := t.later("read", func() (any, error) {
			b := make([]byte, 4096)
			n, err := s.Read(b)
			return string(b[:n]), err
		})
		moment()
		// Only the urgent byte: an ordinary read does not end.
		urgent(c, "U")
		moment()
		c.Write([]byte("data"))
		wait()
	}
}

func oobLast(t *T, network string) {
	c, s := t.pair(network)
	c.Write([]byte("aaa"))
	moment()
	urgent(c, "U")
	c.Close()
	moment()
	t.collect(s, 3, 4096)
	t.read(s, 10)
}

// oobInlineControl has the urgent byte in the stream by an option that is set
// before the runtime sees the socket.
func oobInlineControl(t *T) {
	ln := t.listen("tcp4")
	d := net.Dialer{Control: func(network, address string, rc syscall.RawConn) error {
		return rc.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_OOBINLINE, 1) })
	}}
	c, s := t.pairOver(ln, &d)
	oobInlineTraffic(t, s, c, 7)
}

func oobInlineInherited(t *T) {
	lc := net.ListenConfig{Control: func(network, address string, rc syscall.RawConn) error {
		return rc.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_OOBINLINE, 1) })
	}}
	ln := must(lc.Listen(context.Background(), "tcp4", "127.0.0.1:0"))
	defer ln.Close()
	c, s := t.pairOver(ln, &net.Dialer{})
	// Linux does not hand this option on.
	oobInlineTraffic(t, c, s, 6)
}

func oobInlineLater(t *T) {
	c, s := t.pair("tcp4")
	c.Write([]byte("x"))
	t.read(s, 10)
	raw(s.(*net.TCPConn), func(fd int) { unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_OOBINLINE, 1) })
	oobInlineTraffic(t, c, s, 7)
}

func oobInlineTraffic(t *T, from, to net.Conn, n int) {
	for range 10 {
		from.Write([]byte("aaa"))
		urgent(from, "U")
		from.Write([]byte("bbb"))
		t.collect(to, n, 4096)
	}
}

// oobUnix sends out of band on a Unix stream, where a kernel can.
func oobUnix(t *T) {
	c, s := t.pair("unix")
	c.Write([]byte("aaa"))
	var err error
	raw(c.(*net.UnixConn), func(fd int) { err = unix.Sendto(fd, []byte("U"), unix.MSG_OOB, nil) })
	if err != nil {
		t.Skip("no urgent data on Unix sockets")
	}
	c.Write([]byte("bbb"))
	moment()
	t.collect(s, 6, 4096)
	c.Close()
	t.read(s, 10)
}
