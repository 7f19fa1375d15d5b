//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"syscall"
)

// Area close: Close while operations wait, and operations after it.
func init() {
	all := append(streams[:len(streams):len(streams)], "unixpacket")
	each("close", "read", all, closeRead)
	each("close", "read-after-short", all, closeReadShort)
	each("close", "write", streams, closeWrite)
	each("close", "both", streams, closeBoth)
	each("close", "accept", []string{"tcp4", "unix"}, closeAccept)
	each("close", "peer-sees-data", streams, closePeer)
	add("close", "connect", closeConnect)
	add("close", "datagram", closeDatagram)
	add("close", "pipe", closePipe)
	add("close", "after", closeAfter)
}

func closeRead(t *T, network string) {
	for range 5 {
		c, s := t.pair(network)
		wait := t.later("read", func() (any, error) { return s.Read(make([]byte, 10)) })
		moment()
		t.Print("close:", s.Close())
		wait()
		t.read(c, 10)
	}
}

func closeReadShort(t *T, network string) {
	c, s := t.pair(network)
	c.Write([]byte("x"))
	t.read(s, 10)
	wait := t.later("read", func() (any, error) { return s.Read(make([]byte, 10)) })
	moment()
	s.Close()
	wait()
}

func closeWrite(t *T, network string) {
	for _, size := range []int{10, 10000, 100000, 10 << 20} {
		c, _ := t.pair(network)
		fill(c)
		wait := t.later("write", func() (any, error) {
			for {
				if _, err := c.Write(make([]byte, size)); err != nil {
					return nil, err
				}
			}
		})
		moment()
		c.Close()
		wait()
	}
}

func closeBoth(t *T, network string) {
	c, _ := t.pair(network)
	fill(c)
	r := t.later("read", func() (any, error) { return c.Read(make([]byte, 10)) })
	w := t.later("write", func() (any, error) { _, err := c.Write(make([]byte, 1<<20)); return nil, err })
	moment()
	c.Close()
	r()
	w()
}

func closeAccept(t *T, network string) {
	ln := t.listen(network)
	wait := t.later("accept", func() (any, error) { _, err := ln.Accept(); return nil, err })
	moment()
	t.Print("close:", ln.Close())
	wait()
	_, err := ln.Accept()
	t.Print("accept:", err)
	_, err = net.Dial(ln.Addr().Network(), ln.Addr().String())
	t.Print("dial:", err)
}

// closePeer closes with data on its way: the peer gets all of it.
func closePeer(t *T, network string) {
	c, s := t.pair(network)
	out := pattern(100000)
	go func() {
		c.Write(out)
		c.Close()
	}()
	moment()
	got := 0
	b := make([]byte, 30000)
	for {
		n, err := s.Read(b)
		if string(b[:n]) != string(out[got:got+n]) {
			t.Fatal("wrong bytes at ", got)
		}
		got += n
		if err != nil {
			t.Print(got, err)
			return
		}
	}
}

// closeConnect gives up a connect that nobody answers: the listener's queue is
// full.
func closeConnect(t *T) {
	fd := must(syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0))
	defer syscall.Close(fd)
	t.Must(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	t.Must(syscall.Listen(fd, 1))
	sa := must(syscall.Getsockname(fd)).(*syscall.SockaddrInet4)
	addr := fmt.Sprintf("127.0.0.1:%d", sa.Port)
	for range 20 {
		c, err := net.DialTimeout("tcp4", addr, ms(200))
		if err != nil {
			break
		}
		defer c.Close()
	}
	ctx, cancel := context.WithCancel(context.Background())
	wait := t.later("dial", func() (any, error) {
		_, err := new(net.Dialer).DialContext(ctx, "tcp4", addr)
		return nil, err
	})
	moment()
	cancel()
	wait()
	_, err := (&net.Dialer{Timeout: ms(30)}).Dial("tcp4", addr)
	ne, ok := err.(net.Error)
	t.Print("dial times out:", ok && ne.Timeout())
}

func closeDatagram(t *T) {
	for _, pc := range []net.PacketConn{must(net.ListenPacket("udp4", "127.0.0.1:0")), must(net.ListenPacket("unixgram", sockName()))} {
		wait := t.later("read", func() (any, error) { n, _, err := pc.ReadFrom(make([]byte, 10)); return n, err })
		moment()
		t.Print("close:", pc.Close())
		wait()
		_, err := pc.WriteTo([]byte("x"), pc.LocalAddr())
		t.Print("write:", err)
	}
}

func closePipe(t *T) {
	r, w := must2(os.Pipe())
	wait := t.later("read", func() (any, error) { return r.Read(make([]byte, 10)) })
	moment()
	t.Print("close:", r.Close())
	wait()
	_, err := w.Write([]byte("x"))
	t.Print("write:", unpath(err))
	w.Close()

	r, w = must2(os.Pipe())
	wait = t.later("write", func() (any, error) { _, err := w.Write(make([]byte, 1<<20)); return nil, err })
	moment()
	w.Close()
	wait()
	r.Close()
}

func closeAfter(t *T) {
	c, s := t.pair("tcp4")
	t.Print("close:", c.Close())
	t.Print("close:", c.Close())
	t.read(c, 10)
	t.write(c, []byte("x"))
	_, err := c.(*net.TCPConn).SyscallConn()
	t.Print("SyscallConn:", err)
	_, err = c.(*net.TCPConn).File()
	t.Print("File:", err)
	t.Print("CloseRead:", c.(*net.TCPConn).CloseRead())
	t.read(s, 10)
}

func must2[A, B any](a A, b B, err error) (A, B) {
	if err != nil {
		panic(err)
	}
	return a, b
}

// unpath returns what an error of a file says without the file's name.
func unpath(err error) error {
	if pe, ok := err.(*os.PathError); ok {
		return pe.Err
	}
	return err
}
