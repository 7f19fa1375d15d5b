package main

import (
	"bytes"
	"fmt"

	"golang.org/x/sys/unix"
)

func init() { modes["churn"] = churnMode }

// churn keeps a number of connections going, each of which sends one message,
// gets its reply and sees the server close.
type churn struct {
	c      *config
	p      *poller
	conns  []churnConn
	dialed int
	budget int64
	flying int
	done   int64
	out    []byte
	buf    []byte
}

type churnConn struct {
	fd  int
	got int
}

func churnMode(c *config) (session, error) {
	ch := &churn{c: c, conns: make([]churnConn, c.conns), out: bytes.Repeat([]byte("zio."), c.size/4), buf: make([]byte, 4096)}
	var err error
	if ch.p, err = newPoller(); err != nil {
		return nil, err
	}
	return ch, nil
}

func (ch *churn) figures(map[string]float64) {}

func (ch *churn) end() (int64, error) { return ch.done, nil }

func (ch *churn) run(n int64) (int64, error) {
	ch.budget = n
	start := ch.done
	for i := range ch.conns {
		if err := ch.next(i); err != nil {
			return 0, err
		}
	}
	for ch.flying > 0 {
		events, err := ch.p.wait(forever)
		if err != nil {
			return 0, err
		}
		for i := range events {
			if err := ch.step(int(events[i].Fd), events[i].Events); err != nil {
				return 0, err
			}
		}
	}
	return ch.done - start, nil
}

func (ch *churn) next(i int) error {
	if ch.budget == 0 {
		return nil
	}
	fd, err := dial(ch.c.addr, ch.dialed, false)
	if err != nil {
		return err
	}
	ch.conns[i] = churnConn{fd: fd}
	ch.dialed++
	ch.budget--
	ch.flying++
	return ch.p.add(fd, i, unix.EPOLLOUT)
}

func (ch *churn) step(i int, events uint32) error {
	c := &ch.conns[i]
	if events&unix.EPOLLOUT != 0 { // connected
		if n, errno := write(c.fd, ch.out); errno != 0 || n != len(ch.out) {
			return fmt.Errorf("write: %d bytes: %w", n, errno)
		}
		return ch.p.mod(c.fd, i, unix.EPOLLIN)
	}
	n, errno := read(c.fd, ch.buf)
	switch {
	case errno == unix.EAGAIN:
		return nil
	case errno != 0:
		return fmt.Errorf("read: %w", errno)
	case n > 0:
		if c.got+n > len(ch.out) || !bytes.Equal(ch.buf[:n], ch.out[c.got:c.got+n]) {
			return fmt.Errorf("wrong bytes in a reply: %q", ch.buf[:n])
		}
		c.got += n
		return nil
	case c.got != len(ch.out):
		return fmt.Errorf("the server closed after %d bytes", c.got)
	}
	// The server has closed already, so a reset takes nothing from it but
	// its TIME_WAIT, and no run inherits the ports of the one before.
	_ = unix.SetsockoptLinger(c.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	unix.Close(c.fd)
	ch.flying--
	ch.done++
	return ch.next(i)
}
