package main

import (
	"fmt"
	"net/netip"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The raw forms of the calls in the loop: the only goroutine is locked to its
// thread, so the scheduler need not hear of them.

func read(fd int, b []byte) (int, syscall.Errno) {
	n, _, e := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return int(n), e
}

func write(fd int, b []byte) (int, syscall.Errno) {
	n, _, e := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return int(n), e
}

// poller is one epoll set.
type poller struct {
	fd     int
	events [512]unix.EpollEvent
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	return &poller{fd: fd}, nil
}

// add watches fd; index comes back with its events.
func (p *poller) add(fd, index int, events uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(index)}
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &ev)
}

func (p *poller) mod(fd, index int, events uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(index)}
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_MOD, fd, &ev)
}

const forever time.Duration = -1

// wait blocks for events or until d has passed. It takes no goroutine off the
// thread, and has a timeout finer than a millisecond (Linux 5.11).
func (p *poller) wait(d time.Duration) ([]unix.EpollEvent, error) {
	for {
		var ts *unix.Timespec
		if d >= 0 {
			t := unix.NsecToTimespec(int64(d))
			ts = &t
		}
		n, _, e := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events[0])),
			uintptr(len(p.events)), uintptr(unsafe.Pointer(ts)), 0, 0)
		if e == 0 {
			return p.events[:n], nil
		}
		if e != unix.EINTR {
			return nil, fmt.Errorf("epoll_pwait2: %w", e)
		}
	}
}

// source spreads connections over 127.0.0.x, since one address has only some
// 28,000 ports and a benchmark must not measure the search for a free one.
func source(i int) [4]byte {
	return [4]byte{127, 0, byte(i / 5000 / 250), byte(i/5000%250 + 1)}
}

// dial starts a connection from source address i. With wait it blocks until
// the connection is there; without, the caller waits for it to be writable.
func dial(addr string, i int, wait bool) (int, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return -1, err
	}
	flags := unix.SOCK_STREAM | unix.SOCK_CLOEXEC
	if !wait {
		flags |= unix.SOCK_NONBLOCK
	}
	fd, err := unix.Socket(unix.AF_INET, flags, 0)
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	// The port is to be chosen at connect, by the whole 4-tuple.
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: source(i)}); err != nil {
		return fd, fmt.Errorf("bind: %w", err)
	}
	err = unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
	if err != nil && !(err == unix.EINPROGRESS && !wait) {
		return fd, fmt.Errorf("connect: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fd, err
	}
	if wait {
		err = unix.SetNonblock(fd, true)
	} else {
		err = nil
	}
	return fd, err
}
