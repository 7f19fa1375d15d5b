//go:build zio && linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
	"zio"
)

// kinds makes objects of each kind.
var kinds = map[string]func() (object, error){
	"tcp":    func() (object, error) { return newConn("tcp") },
	"unix":   func() (object, error) { return newConn("unix") },
	"pipe":   newPipe,
	"udp":    newUDP,
	"accept": newListener,
	"write":  newWriter,

	"connect":  newDialer,
	"terminal": newTerminal,
	"child":    newChild,
	"file":     newFile,
	"fsync":    newSync,
}

// A stream is read from.
type stream struct {
	r interface {
		io.ReadCloser
		SetReadDeadline(time.Time) error
	}
	w    io.WriteCloser
	sent byte
	want byte
}

func newConn(network string) (*stream, error) {
	client, server, err := connect(network)
	if err != nil {
		return nil, err
	}
	return &stream{r: client, w: server}, nil
}

// connect returns the ends of a connection.
func connect(network string) (client, server net.Conn, err error) {
	addr := "127.0.0.1:0"
	if network == "unix" {
		dir, err := os.MkdirTemp("", "zio-cancel-")
		if err != nil {
			return nil, nil, err
		}
		defer os.RemoveAll(dir)
		addr = filepath.Join(dir, "s")
	}
	ln, err := net.Listen(network, addr)
	if err != nil {
		return nil, nil, err
	}
	defer ln.Close()
	if client, err = net.Dial(network, ln.Addr().String()); err != nil {
		return nil, nil, err
	}
	server, err = ln.Accept()
	return client, server, err
}

func newPipe() (object, error) {
	r, w, err := os.Pipe()
	return &stream{r: r, w: w}, err
}

func (s *stream) op() error {
	var b [8]byte
	n, err := s.r.Read(b[:])
	if err != nil {
		return err
	}
	if n != 1 || b[0] != s.want {
		return fmt.Errorf("read %d bytes, the first is %d; sent was %d", n, b[0], s.want)
	}
	s.want++
	return nil
}

func (s *stream) feed() error {
	_, err := s.w.Write([]byte{s.sent})
	s.sent++
	return err
}

func (s *stream) setDeadline(t time.Time) error { return s.r.SetReadDeadline(t) }
func (s *stream) close() error                  { return s.r.Close() }
func (s *stream) cleanup()                      { s.r.Close(); s.w.Close() }

// A datagram is received by the socket that sent it.
type datagram struct{ net.PacketConn }

func newUDP() (object, error) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	return datagram{c}, err
}

func (d datagram) op() error                     { _, _, err := d.ReadFrom(make([]byte, 8)); return err }
func (d datagram) feed() error                   { _, err := d.WriteTo([]byte("x"), d.LocalAddr()); return err }
func (d datagram) setDeadline(t time.Time) error { return d.SetReadDeadline(t) }
func (d datagram) close() error                  { return d.Close() }
func (d datagram) cleanup()                      { d.Close() }

// A listener accepts.
type listener struct{ *net.TCPListener }

func newListener() (object, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return listener{ln.(*net.TCPListener)}, nil
}

func (l listener) op() error {
	c, err := l.Accept()
	if err == nil {
		c.Close()
	}
	return err
}

func (l listener) feed() error {
	c, err := net.Dial("tcp", l.Addr().String())
	if err == nil {
		c.Close()
	}
	return err
}

func (l listener) setDeadline(t time.Time) error { return l.SetDeadline(t) }
func (l listener) close() error                  { return l.Close() }
func (l listener) cleanup()                      { l.Close() }

// A dialer connects: to a listener that takes everybody if there is to be data, and to
// one that answers nobody if not.
type dialer struct {
	full, open *net.TCPListener
	filled     []net.Conn
	dial       net.Dialer
	data       bool
	dialed     byte // number of the last that succeeded
	accepted   chan byte
}

func newDialer() (object, error) {
	d := &dialer{accepted: make(chan byte, 1)}
	lc := net.ListenConfig{}
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d.open = ln.(*net.TCPListener)
	if ln, err = lc.Listen(context.Background(), "tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	d.full = ln.(*net.TCPListener)
	raw, err := d.full.SyscallConn()
	if err != nil {
		return nil, err
	}
	// A second call of listen sets the backlog.
	if cerr := raw.Control(func(fd uintptr) { err = syscall.Listen(int(fd), 0) }); cerr != nil || err != nil {
		return nil, errors.Join(cerr, err)
	}
	for {
		c, err := net.DialTimeout("tcp", d.full.Addr().String(), 100*time.Millisecond)
		if err != nil {
			break
		}
		d.filled = append(d.filled, c)
	}
	go d.accept()
	return d, nil
}

// accept passes on the numbers that come. A connect that was canceled may have been
// done by the kernel; nothing is sent on it.
func (d *dialer) accept() {
	defer close(d.accepted)
	for {
		c, err := d.open.Accept()
		if err != nil {
			return
		}
		var b [1]byte
		if _, err := io.ReadFull(c, b[:]); err == nil {
			d.accepted <- b[0]
		}
		c.Close()
	}
}

func (d *dialer) allowed(way int) bool { return way != closing }
func (d *dialer) ways(a, b int)        { d.data = a == data || b == data }

func (d *dialer) op() error {
	to := d.full.Addr()
	if d.data {
		to = d.open.Addr()
	}
	c, err := d.dial.Dial("tcp", to.String())
	if err != nil {
		return err
	}
	defer c.Close()
	d.dialed++
	return zio.Shield(func() error {
		if _, err := c.Write([]byte{d.dialed}); err != nil {
			return err
		}
		if got := <-d.accepted; got != d.dialed {
			return fmt.Errorf("connection %d arrived as %d", d.dialed, got)
		}
		return nil
	})
}

func (d *dialer) feed() error                   { return nil }
func (d *dialer) setDeadline(t time.Time) error { d.dial.Deadline = t; return nil }
func (d *dialer) close() error                  { return nil }

func (d *dialer) cleanup() {
	d.open.Close()
	for n := range d.accepted {
		fail("connection %d was not dialed", n)
	}
	for _, c := range d.filled {
		c.Close()
	}
	d.full.Close()
}

// A writer has a full pipe with room for a page, which is written as a whole or not
// at all; an item is the room.
type writer struct {
	r, w          *os.File
	written, read int
	page          []byte
}

func newWriter() (object, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	x := &writer{r: r, w: w, page: make([]byte, os.Getpagesize())}
	const setPipeSize = 1031 // F_SETPIPE_SZ
	rc, err := w.SyscallConn()
	if err != nil {
		return nil, err
	}
	var errno syscall.Errno
	err = rc.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_FCNTL, fd, setPipeSize, uintptr(len(x.page)))
	})
	if err != nil || errno != 0 {
		return nil, fmt.Errorf("F_SETPIPE_SZ: %v, %v", err, errno)
	}
	return x, x.op()
}

func (x *writer) op() error {
	n, err := x.w.Write(x.page)
	x.written += n
	if n != 0 && err != nil {
		return fmt.Errorf("wrote %d bytes, and %v", n, err)
	}
	return err
}

func (x *writer) feed() error {
	n, err := io.ReadFull(x.r, make([]byte, len(x.page)))
	x.read += n
	return err
}

func (x *writer) setDeadline(t time.Time) error { return x.w.SetWriteDeadline(t) }
func (x *writer) close() error                  { return x.w.Close() }

func (x *writer) cleanup() {
	x.w.Close()
	n, err := io.Copy(io.Discard, x.r)
	if x.read += int(n); err != nil || x.read != x.written {
		fail("Write reported %d bytes, %d arrived, %v", x.written, x.read, err)
	}
	x.r.Close()
}
