package main

import (
	"bytes"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

func init() { modes["http"] = httpMode }

var (
	request  = []byte("GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n\r\n")
	status   = []byte("HTTP/1.1 200 OK\r\n")
	lengthIs = []byte("Content-Length: ")
	headEnd  = []byte("\r\n\r\n")
	body     = []byte("Hello, World!\n")
)

// web is a closed loop of one request per connection.
type web struct {
	p      *poller
	conns  []webConn
	budget int64
	flying int64
	done   int64
}

type webConn struct {
	fd  int
	buf []byte // of the reply so far
}

func httpMode(c *config) (session, error) {
	w := &web{conns: make([]webConn, c.conns)}
	var err error
	if w.p, err = newPoller(); err != nil {
		return nil, err
	}
	for i := range w.conns {
		fd, err := dial(c.addr, i, true)
		if err != nil {
			return nil, fmt.Errorf("connection %d: %w", i, err)
		}
		w.conns[i] = webConn{fd: fd, buf: make([]byte, 0, 2048)}
		if err := w.p.add(fd, i, unix.EPOLLIN); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *web) figures(map[string]float64) {}

func (w *web) end() (int64, error) { return w.done, nil }

func (w *web) run(n int64) (int64, error) {
	w.budget = n
	start := w.done
	for i := range w.conns {
		if err := w.send(&w.conns[i]); err != nil {
			return 0, err
		}
	}
	for w.flying > 0 {
		events, err := w.p.wait(forever)
		if err != nil {
			return 0, err
		}
		for i := range events {
			if err := w.recv(&w.conns[events[i].Fd]); err != nil {
				return 0, err
			}
		}
	}
	return w.done - start, nil
}

func (w *web) send(c *webConn) error {
	if w.budget == 0 {
		return nil
	}
	if n, errno := write(c.fd, request); errno != 0 || n != len(request) {
		return fmt.Errorf("write: %d bytes: %w", n, errno)
	}
	w.budget--
	w.flying++
	return nil
}

func (w *web) recv(c *webConn) error {
	n, errno := read(c.fd, c.buf[len(c.buf):cap(c.buf)])
	if errno == unix.EAGAIN {
		return nil
	}
	if errno != 0 || n == 0 {
		return fmt.Errorf("read: %d bytes: %w", n, errno)
	}
	c.buf = c.buf[:len(c.buf)+n]
	whole, err := complete(c.buf)
	switch {
	case err != nil:
		return err
	case !whole && len(c.buf) == cap(c.buf):
		return fmt.Errorf("a reply of more than %d bytes", cap(c.buf))
	case !whole:
		return nil
	}
	c.buf = c.buf[:0]
	w.flying--
	w.done++
	return w.send(c)
}

// complete says whether b is exactly the reply that is expected.
func complete(b []byte) (bool, error) {
	end := bytes.Index(b, headEnd)
	if end < 0 {
		return false, nil
	}
	head, rest := b[:end], b[end+len(headEnd):]
	if !bytes.HasPrefix(head, status) {
		return false, fmt.Errorf("unexpected reply: %q", head)
	}
	at := bytes.Index(head, lengthIs)
	if at < 0 {
		return false, fmt.Errorf("a reply without a length: %q", head)
	}
	field, _, _ := bytes.Cut(head[at+len(lengthIs):], headEnd[:2])
	// The conversion does not escape, so nothing is allocated.
	if n, err := strconv.Atoi(string(field)); err != nil || n != len(body) {
		return false, fmt.Errorf("unexpected length %q", field)
	}
	if len(rest) < len(body) {
		return false, nil
	}
	if !bytes.Equal(rest, body) {
		return false, fmt.Errorf("unexpected body %q", rest)
	}
	return true, nil
}
