//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/zio-go/zio/test/internal/work"
)

// listen returns a listener for tcp, unix or unixpacket.
func listen(network string) net.Listener {
	if network == "tcp" {
		return work.Must1(net.Listen("tcp", "127.0.0.1:0"))
	}
	return work.Must1(net.Listen(network, sockName()))
}

var sockCount atomic.Int64

// sockName returns an abstract address that no other program uses.
func sockName() string {
	return fmt.Sprintf("@ziostress-%d-%d", os.Getpid(), sockCount.Add(1))
}

// A pairer makes connected pairs over one listener.
type pairer struct {
	ln net.Listener
}

func newPairer(network string) *pairer { return &pairer{listen(network)} }

// pair returns the two ends of a new connection. It must not be called from
// several goroutines at once, which might get each other's.
func (p *pairer) pair() (dialed, accepted net.Conn) {
	a := p.ln.Addr()
	ch := make(chan net.Conn, 1)
	go func() { ch <- work.Must1(p.ln.Accept()) }()
	c := work.Must1(net.Dial(a.Network(), a.String()))
	return c, <-ch
}

func (p *pairer) close() { p.ln.Close() }

// fds returns the number of open descriptors.
func fds() int {
	names, err := filepath.Glob("/proc/self/fd/*")
	work.Must(err)
	return len(names)
}
