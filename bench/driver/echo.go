package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sys/unix"
)

func init() { modes["echo"] = echoMode }

// echo is a closed loop: every connection keeps window messages in flight
// until the budget is spent.
type echo struct {
	c       *config
	p       *poller
	conns   []echoConn
	pattern []byte // what a stream consists of; conn i starts at its own place
	buf     []byte
	budget  int64 // messages that may still be sent
	flying  int64
	done    int64
	until   time.Time // zero: no limit
	lat     *hist
}

type echoConn struct {
	fd   int
	base int
	sent int64 // bytes
	got  int64
	at   time.Time // of the last send
	due  time.Time // of the next one; zero while a message is in flight
}

const period = 1 << 16 // of the pattern

func echoMode(c *config) (session, error) {
	if c.latency && c.window != 1 {
		return nil, errors.New("latencies need a window of 1")
	}
	return newEcho(c)
}

func (e *echo) figures(v map[string]float64) {
	if e.lat != nil {
		v["p50_us"] = e.lat.quantile(0.50)
		v["p99_us"] = e.lat.quantile(0.99)
	}
}

func newEcho(c *config) (*echo, error) {
	e := &echo{
		c:     c,
		conns: make([]echoConn, c.conns),
		buf:   make([]byte, max(c.size*c.window, 4096)),
	}
	if c.latency {
		e.lat = new(hist)
	}
	// Random and one window longer than its period, so that any part of a
	// stream is one slice and a reply to another connection is noticed.
	r := rand.NewChaCha8([32]byte{})
	e.pattern = make([]byte, period)
	r.Read(e.pattern)
	for len(e.pattern) < period+len(e.buf) {
		e.pattern = append(e.pattern, e.pattern[:min(period, period+len(e.buf)-len(e.pattern))]...)
	}
	var err error
	if e.p, err = newPoller(); err != nil {
		return nil, err
	}
	for i := range e.conns {
		fd, err := dial(c.addr, i, true)
		if err != nil {
			return nil, fmt.Errorf("connection %d: %w", i, err)
		}
		e.conns[i] = echoConn{fd: fd, base: i * 8191 % period}
		if err := e.p.add(fd, i, unix.EPOLLIN); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// run handles n messages, or as many as fit into the duration.
func (e *echo) run(n int64) (int64, error) {
	e.budget, e.until = n, time.Time{}
	d := e.c.duration
	if d > 0 {
		e.until = time.Now().Add(d)
	}
	if e.lat != nil {
		*e.lat = hist{}
	}
	start := e.done
	for i := range e.conns {
		if e.c.think > 0 {
			e.conns[i].due = time.Now().Add(e.pause())
		} else if err := e.send(&e.conns[i], e.c.window); err != nil {
			return 0, err
		}
	}
	for e.flying > 0 || e.c.think > 0 && e.budget > 0 {
		nap := forever
		if e.c.think > 0 {
			var err error
			if nap, err = e.sendDue(); err != nil {
				return 0, err
			}
		}
		events, err := e.p.wait(nap)
		if err != nil {
			return 0, err
		}
		if d > 0 && time.Now().After(e.until) {
			e.budget = 0
		}
		for i := range events {
			if err := e.recv(&e.conns[events[i].Fd]); err != nil {
				return 0, err
			}
		}
	}
	return e.done - start, nil
}

// pause is a time to think: from a half of what is asked for to one and a half.
func (e *echo) pause() time.Duration {
	return e.c.think/2 + rand.N(e.c.think)
}

// sendDue sends on the connections that have thought enough and returns the
// time until the next has.
func (e *echo) sendDue() (time.Duration, error) {
	nap := forever
	now := time.Now()
	for i := range e.conns {
		c := &e.conns[i]
		if c.due.IsZero() || e.budget == 0 {
			continue
		}
		left := c.due.Sub(now)
		if left <= 0 {
			c.due = time.Time{}
			if err := e.send(c, 1); err != nil {
				return 0, err
			}
		} else if nap < 0 || left < nap {
			nap = left
		}
	}
	return nap, nil
}

func (e *echo) send(c *echoConn, msgs int) error {
	if int64(msgs) > e.budget {
		msgs = int(e.budget)
	}
	if msgs == 0 {
		return nil
	}
	if e.lat != nil {
		c.at = time.Now()
	}
	// With split every message is a write of its own, as from a client whose
	// requests come about one by one; else they travel in one segment.
	for want := msgs * e.c.size; want > 0; {
		k := want
		if e.c.split {
			k = e.c.size
		}
		off := (int64(c.base) + c.sent) % period
		n, errno := write(c.fd, e.pattern[off:][:k])
		if errno != 0 {
			return fmt.Errorf("write: %w", errno)
		}
		if n != k { // a window fits into any socket buffer
			return fmt.Errorf("short write: %d of %d bytes", n, k)
		}
		c.sent += int64(n)
		want -= n
	}
	e.budget -= int64(msgs)
	e.flying += int64(msgs)
	return nil
}

func (e *echo) recv(c *echoConn) error {
	n, errno := read(c.fd, e.buf)
	switch {
	case errno == unix.EAGAIN:
		return nil
	case errno != 0:
		return fmt.Errorf("read: %w", errno)
	case n == 0:
		return fmt.Errorf("the server closed a connection")
	}
	off := (int64(c.base) + c.got) % period
	if !bytes.Equal(e.buf[:n], e.pattern[off:][:n]) {
		return fmt.Errorf("wrong bytes in a reply, at offset %d", c.got)
	}
	whole := c.got / int64(e.c.size)
	c.got += int64(n)
	if c.got > c.sent {
		return fmt.Errorf("more bytes came back than were sent")
	}
	msgs := c.got/int64(e.c.size) - whole
	e.flying -= msgs
	e.done += msgs
	if e.lat != nil && msgs > 0 {
		e.lat.add(time.Since(c.at))
	}
	if e.c.think > 0 {
		c.due = time.Now().Add(e.pause())
		return nil
	}
	return e.send(c, int(msgs))
}

// end waits for the server's end of each connection, so that the server has
// counted its messages before it is told to report.
func (e *echo) end() (int64, error) {
	for i := range e.conns {
		if err := unix.Shutdown(e.conns[i].fd, unix.SHUT_WR); err != nil {
			return 0, fmt.Errorf("shutdown: %w", err)
		}
	}
	for open := len(e.conns); open > 0; {
		events, err := e.p.wait(forever)
		if err != nil {
			return 0, err
		}
		for i := range events {
			fd := e.conns[events[i].Fd].fd
			if n, errno := read(fd, e.buf); errno != 0 || n != 0 {
				return 0, fmt.Errorf("after the end of a connection: read: %d, %w", n, errno)
			}
			unix.Close(fd)
			open--
		}
	}
	return e.done, nil
}
