//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Area sockopt: options that change what readiness and a short read mean, set
// in every way in which a program can.
func init() {
	for _, how := range []string{"dial-control", "listen-control", "listener-later", "conn-later", "file",
		"fileconn", "fileconn-kept", "filelistener", "filelistener-kept", "rights"} {
		add("sockopt", "rcvlowat/"+how, func(t *T) { lowat(t, how) })
	}
	add("sockopt", "packets", packets)
	add("sockopt", "peek-off", peekOff)
	add("sockopt", "small-buffers", smallBuffers)
	add("sockopt", "rcvtimeo", rcvTimeo)
	add("sockopt", "nodelay-cork", cork)
}

func setLowat(fd int) {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, 8); err != nil {
		panic(err)
	}
}

// lowat reads from a socket that is ready only when it has 8 bytes. A read
// takes fewer if it comes when they are there.
func lowat(t *T, how string) {
	control := func(network, address string, rc syscall.RawConn) error {
		return rc.Control(func(fd uintptr) { setLowat(int(fd)) })
	}
	var d net.Dialer
	var lc net.ListenConfig
	lc.SetMultipathTCP(false) // whose sockets do not inherit the option
	switch how {
	case "dial-control":
		d.Control = control
	case "listen-control":
		lc.Control = control
	}
	ln := must(lc.Listen(context.Background(), "tcp4", "127.0.0.1:0"))
	defer ln.Close()
	if how == "listener-later" {
		raw(ln.(*net.TCPListener), setLowat)
	}
	if strings.HasPrefix(how, "filelistener") {
		f := must(ln.(*net.TCPListener).File())
		defer f.Close()
		fd := int(f.Fd()) // which makes it blocking, for now
		if how == "filelistener" {
			setLowat(fd)
		}
		ln = must(net.FileListener(f))
		defer ln.Close()
		if how == "filelistener-kept" {
			setLowat(fd)
		}
	}
	c, s := t.pairOver(ln, &d)
	from, to := c, s
	switch how {
	case "dial-control":
		from, to = s, c
	case "conn-later":
		from.Write([]byte("x"))
		t.read(to, 10)
		raw(to.(*net.TCPConn), setLowat)
	case "file":
		f := must(to.(*net.TCPConn).File())
		defer f.Close()
		raw(f, setLowat)
	case "fileconn", "fileconn-kept", "rights":
		f := must(to.(*net.TCPConn).File())
		to.Close()
		if how == "rights" {
			f = t.passed(f)
		}
		defer f.Close()
		fd := int(f.Fd())
		if how != "fileconn-kept" {
			setLowat(fd)
		}
		to = must(net.FileConn(f))
		defer to.Close()
		if how == "fileconn-kept" {
			from.Write([]byte("x"))
			t.read(to, 10)
			setLowat(fd)
		}
	}
	for i := range 5 {
		from.Write([]byte("12345678"))
		moment()
		t.read(to, 100) // after the descriptor was announced as ready
		from.Write([]byte(fmt.Sprint(i)))
		moment()
		t.read(to, 100) // without waiting, since it is there
	}
	// Waiting for a read that must not end too early.
	wait := t.later("read", func() (any, error) {
		b := make([]byte, 100)
		n, err := to.Read(b)
		return string(b[:n]), err
	})
	moment()
	from.Write([]byte("1234"))
	moment()
	from.Write([]byte("5678"))
	wait()
	from.Write([]byte("end"))
	from.Close()
	moment()
	t.read(to, 100)
	t.read(to, 100)
}

// passed sends f through a Unix socket and returns what arrives.
func (t *T) passed(f *os.File) *os.File {
	c, s := t.pair("unix")
	_, _, err := c.(*net.UnixConn).WriteMsgUnix([]byte("f"), unix.UnixRights(int(f.Fd())), nil)
	t.Must(err)
	f.Close()
	b, control := make([]byte, 1), make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := s.(*net.UnixConn).ReadMsgUnix(b, control)
	t.Must(err)
	msgs := must(unix.ParseSocketControlMessage(control[:n]))
	return os.NewFile(uintptr(must(unix.ParseUnixRights(&msgs[0]))[0]), "passed")
}

// peekOff reads at an offset, which each peek moves.
func peekOff(t *T) {
	c, s := t.pair("unix")
	raw(s.(*net.UnixConn), func(fd int) {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PEEK_OFF, 0); err != nil {
			t.Skip("no SO_PEEK_OFF")
		}
	})
	c.Write([]byte("0123456789"))
	moment()
	rc := must(s.(*net.UnixConn).SyscallConn())
	for range 2 {
		b := make([]byte, 4)
		rc.Read(func(fd uintptr) bool {
			n, _, err := unix.Recvfrom(int(fd), b, unix.MSG_PEEK)
			t.Print("peek:", sum(b[:max(n, 0)]), err)
			return true
		})
	}
	t.read(s, 4)
	t.read(s, 100)
}

// smallBuffers makes every write a partial one.
func smallBuffers(t *T) {
	var d net.Dialer
	d.Control = func(network, address string, rc syscall.RawConn) error {
		return rc.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF, 1) })
	}
	var lc net.ListenConfig
	lc.Control = func(network, address string, rc syscall.RawConn) error {
		return rc.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 1) })
	}
	ln := must(lc.Listen(context.Background(), "tcp4", "127.0.0.1:0"))
	defer ln.Close()
	c, s := t.pairOver(ln, &d)
	out := pattern(60000)
	wait := t.later("write", func() (any, error) {
		for _, n := range []int{10, 4000, 16000, 39990} {
			if m, err := c.Write(out[:n]); m != n || err != nil {
				return m, err
			}
			out = out[n:]
		}
		c.Close()
		return "all", nil
	})
	want := pattern(60000)
	got := 0
	b := make([]byte, 5000)
	for {
		n, err := s.Read(b)
		if string(b[:n]) != string(want[got:got+n]) {
			t.Fatal("wrong bytes at ", got)
		}
		got += n
		if err != nil {
			t.Print(got, err)
			break
		}
	}
	wait()
}

// packets reads from datagram sockets that come in as files.
func packets(t *T) {
	c := must(net.ListenPacket("udp4", "127.0.0.1:0"))
	f := must(c.(*net.UDPConn).File())
	setLowat(int(f.Fd()))
	c.Close()
	pc := must(net.FilePacketConn(f))
	defer pc.Close()
	f.Close()
	d := must(net.Dial("udp4", pc.LocalAddr().String()))
	defer d.Close()
	for i := range 3 {
		d.Write([]byte(fmt.Sprint(i)))
		moment()
		b := make([]byte, 100)
		n, _, err := pc.ReadFrom(b)
		t.Print("read:", sum(b[:n]), err)
		if _, err := pc.WriteTo(b[:n], d.LocalAddr()); err != nil {
			t.Print(err)
		}
		t.read(d, 100)
	}
}

// rcvTimeo sets the kernel's own timeout, which a descriptor that never blocks
// does not notice.
func rcvTimeo(t *T) {
	c, s := t.pair("tcp4")
	raw(s.(*net.TCPConn), func(fd int) {
		tv := unix.NsecToTimeval(5e6)
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv)
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &tv)
	})
	wait := t.later("read", func() (any, error) { return s.Read(make([]byte, 10)) })
	moment()
	c.Write([]byte("x"))
	wait()
}

func cork(t *T) {
	c, s := t.pair("tcp4")
	c.(*net.TCPConn).SetNoDelay(false)
	raw(c.(*net.TCPConn), func(fd int) { unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_CORK, 1) })
	for range 5 {
		c.Write([]byte("ab"))
	}
	raw(c.(*net.TCPConn), func(fd int) { unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_CORK, 0) })
	t.collect(s, 10, 100)
}
