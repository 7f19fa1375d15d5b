package main

import (
	"encoding/binary"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() {
	modes["drain"] = func(c *config) (session, error) { return bulkMode(c, false) }
	modes["flood"] = func(c *config) (session, error) { return bulkMode(c, true) }
}

// bulk asks for, or sends, msgs MiB over all connections together.
type bulk struct {
	p     *poller
	conns []bulkConn
	flood bool // towards the server
	buf   []byte

	requests int64
}

type bulkConn struct {
	fd   int
	left int64 // bytes
	ack  int   // bytes of the acknowledgement that are still to come
}

func bulkMode(c *config, flood bool) (session, error) {
	b := &bulk{conns: make([]bulkConn, c.conns), flood: flood, buf: make([]byte, 256<<10)}
	var err error
	if b.p, err = newPoller(); err != nil {
		return nil, err
	}
	for i := range b.conns {
		fd, err := dial(c.addr, i, true)
		if err != nil {
			return nil, fmt.Errorf("connection %d: %w", i, err)
		}
		b.conns[i].fd = fd
		if err := b.p.add(fd, i, unix.EPOLLIN); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *bulk) figures(v map[string]float64) {
	v["gbps"] = v["rate"] * (1 << 20) / 1e9
}

func (b *bulk) end() (int64, error) { return b.requests, nil }

func (b *bulk) run(mib int64) (int64, error) {
	open := len(b.conns)
	each := mib / int64(open) << 20
	for i := range b.conns {
		c := &b.conns[i]
		c.left = each
		b.requests++
		var head [8]byte
		binary.BigEndian.PutUint64(head[:], uint64(each))
		if n, errno := write(c.fd, head[:]); errno != 0 || n != len(head) {
			return 0, fmt.Errorf("write: %d bytes: %w", n, errno)
		}
		if b.flood {
			c.ack = len(head)
			if err := b.p.mod(c.fd, i, unix.EPOLLOUT); err != nil {
				return 0, err
			}
		}
	}
	for open > 0 {
		events, err := b.p.wait(forever)
		if err != nil {
			return 0, err
		}
		for i := range events {
			step := b.drainStep
			if b.flood {
				step = b.floodStep
			}
			done, err := step(int(events[i].Fd))
			if err != nil {
				return 0, err
			}
			if done {
				open--
			}
		}
	}
	return each * int64(len(b.conns)) >> 20, nil
}

func (b *bulk) drainStep(i int) (bool, error) {
	c := &b.conns[i]
	// MSG_TRUNC lets TCP drop the bytes without a copy: the driver must not
	// be what limits the rate.
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(c.fd), uintptr(unsafe.Pointer(&b.buf[0])),
		uintptr(len(b.buf)), unix.MSG_TRUNC, 0, 0)
	if errno == unix.EAGAIN {
		return false, nil
	}
	if errno != 0 || n == 0 {
		return false, fmt.Errorf("recv: %d bytes, %d to come: %w", n, c.left, errno)
	}
	if c.left -= int64(n); c.left < 0 {
		return false, fmt.Errorf("%d bytes too many", -c.left)
	}
	return c.left == 0, nil
}

func (b *bulk) floodStep(i int) (bool, error) {
	c := &b.conns[i]
	var n int
	var errno syscall.Errno
	if c.left > 0 {
		if n, errno = write(c.fd, b.buf[:min(int64(len(b.buf)), c.left)]); errno == unix.EAGAIN {
			return false, nil
		}
		if errno != 0 {
			return false, fmt.Errorf("write: %w", errno)
		}
		if c.left -= int64(n); c.left == 0 {
			return false, b.p.mod(c.fd, i, unix.EPOLLIN)
		}
		return false, nil
	}
	if n, errno = read(c.fd, b.buf[:c.ack]); errno == unix.EAGAIN {
		return false, nil
	}
	if errno != 0 || n == 0 {
		return false, fmt.Errorf("read: %d bytes: %w", n, errno)
	}
	c.ack -= n
	return c.ack == 0, nil
}
