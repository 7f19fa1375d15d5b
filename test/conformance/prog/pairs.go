//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"syscall"
)

var sockCount atomic.Int64

// sockName returns an abstract address that no other program uses.
func sockName() string {
	return fmt.Sprintf("@zioconf-%d-%d", os.Getpid(), sockCount.Add(1))
}

// listen returns a listener for "tcp4", "tcp6", "mptcp", "unix" or "unixpacket".
func (t *T) listen(network string) net.Listener {
	var lc net.ListenConfig
	addr := sockName()
	switch network {
	case "tcp4":
		addr = "127.0.0.1:0"
	case "tcp6":
		addr = "[::1]:0"
	case "mptcp":
		network, addr = "tcp4", "127.0.0.1:0"
		lc.SetMultipathTCP(true)
	}
	ln, err := lc.Listen(context.Background(), network, addr)
	if err != nil {
		t.Print("listen", network, "fails, so nothing is shown:", err)
		panic(skipped)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// pair returns the two ends of a connection.
func (t *T) pair(network string) (c, s net.Conn) {
	ln := t.listen(network)
	var d net.Dialer
	if network == "mptcp" {
		d.SetMultipathTCP(true)
	}
	return t.pairOver(ln, &d)
}

func (t *T) pairOver(ln net.Listener, d *net.Dialer) (c, s net.Conn) {
	ch := make(chan net.Conn, 1)
	go func() { ch <- must(ln.Accept()) }()
	c = must(d.Dial(ln.Addr().Network(), ln.Addr().String()))
	s = <-ch
	t.Cleanup(func() { c.Close(); s.Close() })
	return c, s
}

// streams are the networks whose connections are byte streams.
var streams = []string{"tcp4", "tcp6", "mptcp", "unix"}

// each adds a case for each network.
func each(area, name string, networks []string, f func(t *T, network string)) {
	for _, network := range networks {
		add(area, name+"/"+network, func(t *T) { f(t, network) })
	}
}

// read prints the result of a read of up to n bytes.
func (t *T) read(c net.Conn, n int) {
	b := make([]byte, n)
	n, err := c.Read(b)
	t.Print("read:", sum(b[:n]), err)
}

// write prints the result of a write.
func (t *T) write(c net.Conn, b []byte) {
	n, err := c.Write(b)
	t.Print("write:", n, err)
}

// raw calls f with the descriptor of c, behind the runtime's back only as far
// as Control is.
func raw(c syscall.Conn, f func(fd int)) {
	rc := must(c.SyscallConn())
	if err := rc.Control(func(fd uintptr) { f(int(fd)) }); err != nil {
		panic(err)
	}
}

// later runs f while the case goes on, and returns a function that waits for
// its end and prints what it returns.
func (t *T) later(what string, f func() (any, error)) (wait func()) {
	type result struct {
		v   any
		err error
	}
	ch := make(chan result, 1)
	go func() {
		v, err := f()
		ch <- result{v, err}
	}()
	return func() {
		r := <-ch
		t.Print(what+":", r.v, r.err)
	}
}
