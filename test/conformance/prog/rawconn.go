//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Area rawconn: what a program does to the descriptor itself, by SyscallConn,
// File and FileConn, between operations of package net.
func init() {
	each("rawconn", "peek", streams, rawPeek)
	each("rawconn", "read-waits", streams, rawReadWaits)
	each("rawconn", "write", streams, rawWrite)
	each("rawconn", "steal", streams, rawSteal)
	each("rawconn", "blocking-mode", streams, rawBlocking)
	each("rawconn", "closed", streams, rawClosed)
	each("rawconn", "deadline", streams, rawDeadline)
	for _, network := range []string{"tcp4", "tcp6", "unix"} {
		add("rawconn", "file/"+network, func(t *T) { fileBoth(t, network) })
		add("rawconn", "file-fd/"+network, func(t *T) { fileFd(t, network) })
		add("rawconn", "fileconn/"+network, func(t *T) { fileConn(t, network) })
		add("rawconn", "filelistener/"+network, func(t *T) { fileListener(t, network) })
	}
	add("rawconn", "socketpair", fileSocketpair)
	add("rawconn", "listener", rawListener)
	add("rawconn", "newfile", fileNewFile)
}

func rawPeek(t *T, network string) {
	c, s := t.pair(network)
	rc := must(s.(syscall.Conn).SyscallConn())
	for i := range 3 {
		c.Write(fmt.Appendf(nil, "message %d", i))
		for range 2 {
			b := make([]byte, 20)
			var n int
			var err error
			rerr := rc.Read(func(fd uintptr) bool {
				n, _, err = unix.Recvfrom(int(fd), b, unix.MSG_PEEK|unix.MSG_DONTWAIT)
				return err != unix.EAGAIN
			})
			t.Print("peek:", sum(b[:max(n, 0)]), err, rerr)
		}
		t.read(s, 4)
		t.read(s, 100)
	}
}

func rawReadWaits(t *T, network string) {
	c, s := t.pair(network)
	c.Write([]byte("x"))
	t.read(s, 10)
	rc := must(s.(syscall.Conn).SyscallConn())
	b := make([]byte, 100)
	wait := t.later("raw read", func() (any, error) {
		n := 0
		calls := 0
		err := rc.Read(func(fd uintptr) bool {
			calls++
			var err error
			n, err = unix.Read(int(fd), b)
			return err != unix.EAGAIN
		})
		return fmt.Sprint(sum(b[:max(n, 0)]), calls > 1), err
	})
	moment()
	c.Write([]byte("waited for"))
	wait()
	wait2 := t.later("read", func() (any, error) { return s.Read(b) })
	moment()
	c.Write([]byte("again"))
	wait2()
}

func rawWrite(t *T, network string) {
	c, s := t.pair(network)
	rc := must(c.(syscall.Conn).SyscallConn())
	out := pattern(4 << 20)
	wait := t.later("raw write", func() (any, error) {
		rest := out
		err := rc.Write(func(fd uintptr) bool {
			for len(rest) > 0 {
				n, err := unix.Write(int(fd), rest)
				if err == unix.EAGAIN {
					return false
				}
				if err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			return true
		})
		c.Close()
		return len(rest), err
	})
	moment()
	got, err := io.ReadAll(s)
	wait()
	t.Print(string(got) == string(out), err)
}

// rawSteal takes data away behind the poller's back, and waits for more.
func rawSteal(t *T, network string) {
	c, s := t.pair(network)
	for range 5 {
		c.Write([]byte("stolen"))
		moment()
		raw(s.(syscall.Conn), func(fd int) {
			b := make([]byte, 100)
			n, err := unix.Read(fd, b)
			t.Print("stolen:", sum(b[:n]), err)
		})
		wait := t.later("read", func() (any, error) {
			b := make([]byte, 100)
			n, err := s.Read(b)
			return string(b[:n]), err
		})
		moment()
		c.Write([]byte("left"))
		wait()
	}
}

// rawBlocking puts the descriptor in blocking mode, after which operations may
// block a thread instead.
func rawBlocking(t *T, network string) {
	c, s := t.pair(network)
	for _, x := range []net.Conn{c, s} {
		raw(x.(syscall.Conn), func(fd int) { syscall.SetNonblock(fd, false) })
	}
	for range 3 {
		wait := t.later("read", func() (any, error) {
			b := make([]byte, 100)
			n, err := s.Read(b)
			return string(b[:n]), err
		})
		moment()
		t.write(c, []byte("blocking"))
		wait()
	}
	out := pattern(4 << 20)
	wait := t.later("write", func() (any, error) { return c.Write(out) })
	moment()
	b := make([]byte, len(out))
	n, err := io.ReadFull(s, b)
	wait()
	t.Print(n, err, string(b) == string(out))
	c.Close()
	t.read(s, 10)
}

func rawClosed(t *T, network string) {
	c, s := t.pair(network)
	rc := must(s.(syscall.Conn).SyscallConn())
	wait := t.later("raw read", func() (any, error) {
		return nil, rc.Read(func(fd uintptr) bool { return false })
	})
	moment()
	s.Close()
	wait()
	t.Print(rc.Control(func(fd uintptr) { t.Fatal("called") }))
	t.Print(rc.Read(func(fd uintptr) bool { t.Fatal("called"); return true }))
	t.Print(rc.Write(func(fd uintptr) bool { t.Fatal("called"); return true }))
	t.read(c, 1)
}

func rawDeadline(t *T, network string) {
	c, s := t.pair(network)
	rc := must(s.(syscall.Conn).SyscallConn())
	s.SetReadDeadline(time.Now().Add(ms(20)))
	t.Print(rc.Read(func(fd uintptr) bool { return false }))
	s.SetReadDeadline(time.Time{})
	c.Write([]byte("x"))
	t.read(s, 10)
}

// fileBoth reads the same socket by two descriptors, of which each has its own
// place in the poller.
func fileBoth(t *T, network string) {
	c, s := t.pair(network)
	f := must(s.(interface{ File() (*os.File, error) }).File())
	defer f.Close()
	dup := must(net.FileConn(f))
	defer dup.Close()
	for range 5 {
		c.Write([]byte("to one"))
		t.read(s, 10)
		c.Write([]byte("to the other"))
		t.read(dup, 20)
		wait := t.later("read", func() (any, error) {
			b := make([]byte, 100)
			n, err := s.Read(b)
			return string(b[:n]), err
		})
		moment()
		c.Write([]byte("waiting"))
		wait()
	}
	s.Close()
	t.write(c, []byte("still open"))
	t.read(dup, 20)
	dup.Close()
	t.write(c, []byte("still"))
	b := make([]byte, 10)
	n, err := f.Read(b)
	t.Print("file:", sum(b[:n]), err)
	f.Close()
	moment()
	t.read(c, 10)
}

// fileFd makes the shared description blocking.
func fileFd(t *T, network string) {
	c, s := t.pair(network)
	c.Write([]byte("x"))
	t.read(s, 10)
	f := must(s.(interface{ File() (*os.File, error) }).File())
	fd := int(f.Fd())
	t.Print("nonblocking:", must(unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0))&unix.O_NONBLOCK != 0)
	wait := t.later("read", func() (any, error) {
		b := make([]byte, 100)
		n, err := s.Read(b)
		return string(b[:n]), err
	})
	moment()
	c.Write([]byte("y"))
	wait()
	f.Close()
	c.Close()
	t.read(s, 10)
}

func fileConn(t *T, network string) {
	c, s := t.pair(network)
	f := must(s.(interface{ File() (*os.File, error) }).File())
	s.Close()
	conn := must(net.FileConn(f))
	f.Close()
	t.Print(fmt.Sprintf("%T", conn))
	for range 3 {
		wait := t.later("read", func() (any, error) {
			b := make([]byte, 100)
			n, err := conn.Read(b)
			return string(b[:n]), err
		})
		moment()
		c.Write([]byte("hello"))
		wait()
		c.Write([]byte("more"))
		moment()
		t.read(conn, 100)
	}
	conn.SetReadDeadline(time.Now().Add(ms(10)))
	t.read(conn, 10)
	conn.SetReadDeadline(time.Time{})
	c.Write([]byte("last"))
	c.Close()
	moment()
	t.read(conn, 10)
	t.read(conn, 10)
}

func fileListener(t *T, network string) {
	ln := t.listen(network)
	f := must(ln.(interface{ File() (*os.File, error) }).File())
	ln2 := must(net.FileListener(f))
	f.Close()
	defer ln2.Close()
	for _, l := range []net.Listener{ln, ln2, ln} {
		wait := t.later("accept", func() (any, error) {
			s, err := l.Accept()
			if err != nil {
				return nil, err
			}
			defer s.Close()
			b := make([]byte, 100)
			n, _ := s.Read(b)
			s.Write(b[:n])
			n, err = s.Read(b)
			return n, err
		})
		c := must(net.Dial(ln.Addr().Network(), ln.Addr().String()))
		t.write(c, []byte("echo"))
		t.read(c, 10)
		c.Close()
		wait()
	}
}

// fileSocketpair wraps sockets that package net did not make.
func fileSocketpair(t *T) {
	for _, kind := range []int{unix.SOCK_STREAM, unix.SOCK_DGRAM, unix.SOCK_SEQPACKET} {
		fds := must(unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0))
		var conns []net.Conn
		for _, fd := range fds[:] {
			f := os.NewFile(uintptr(fd), "")
			conns = append(conns, must(net.FileConn(f)))
			f.Close()
		}
		c, s := conns[0], conns[1]
		for range 3 {
			t.write(c, []byte("abc"))
			t.write(c, []byte("def"))
			t.read(s, 100)
			if kind != unix.SOCK_STREAM {
				t.read(s, 2)
			}
			wait := t.later("read", func() (any, error) { return c.Read(make([]byte, 10)) })
			moment()
			t.write(s, []byte("xyz"))
			wait()
		}
		c.Close()
		s.Close()
	}
}

func rawListener(t *T) {
	ln := t.listen("tcp4")
	raw(ln.(*net.TCPListener), func(fd int) {
		v, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
		t.Print(v, err)
	})
	c, s := t.pairOver(ln, &net.Dialer{})
	c.Write([]byte("x"))
	t.read(s, 10)
	c.Close()
	t.read(s, 10)
}

// fileNewFile uses a socket as an os.File, in both modes.
func fileNewFile(t *T) {
	for _, nonblock := range []bool{false, true} {
		fds := must(unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))
		unix.SetNonblock(fds[0], nonblock)
		f, g := os.NewFile(uintptr(fds[0]), "f"), os.NewFile(uintptr(fds[1]), "g")
		if nonblock {
			// In blocking mode stock Go has no deadlines: test/waits.
			t.Print("deadline:", unpath(f.SetReadDeadline(time.Now().Add(ms(10)))))
			n, err := f.Read(make([]byte, 10))
			t.Print("read:", n, unpath(err))
			f.SetReadDeadline(time.Time{})
		}
		wait := t.later("read", func() (any, error) { n, err := f.Read(make([]byte, 10)); return n, err })
		moment()
		g.Write([]byte("abc"))
		wait()
		g.Close()
		n, err := f.Read(make([]byte, 10))
		t.Print("read:", n, err)
		f.Close()
	}
}
