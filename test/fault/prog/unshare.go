//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
	"golang.org/x/sys/unix"
)

func init() { programs["unshare"] = unshare }

// unshare has a goroutine that is locked to its thread and gave that thread a
// descriptor table of its own, as container runtimes do. What it opens has
// numbers that other goroutines use for connections of theirs. Every byte on
// each connection is checked.
func unshare([]string) {
	p := &private{
		seed:   1 << 20,
		far:    work.Must1(net.Listen("tcp", "127.0.0.1:0")),
		farUDP: work.Must1(net.ListenPacket("udp", "127.0.0.1:0")),
		ready:  make(chan *net.TCPListener),
		start:  make(chan struct{}),
		done:   make(chan struct{}),
	}
	go echoAll(p.far)
	go func() {
		b := make([]byte, 2000)
		for {
			n, from, err := p.farUDP.ReadFrom(b)
			work.Must(err)
			work.Must1(p.farUDP.WriteTo(b[:n], from))
		}
	}()
	go p.run()
	ln := <-p.ready
	tr := newTraffic(30) // on the numbers that are not free in the other table
	go func() {
		// The other end of what the goroutine accepts.
		for i := range 3 {
			c := work.Must1(net.Dial("tcp", ln.Addr().String()))
			echo(c, uint64(100+i), 100, 20)
			c.Close()
		}
	}()
	tr.wait(200)
	close(p.start)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		work.Failf("stuck at %q", p.step.Load())
	}
	tr.wait(200)
	tr.end()
}

// A private does I/O in a descriptor table of its own.
type private struct {
	seed   uint64
	far    net.Listener
	farUDP net.PacketConn
	ready  chan *net.TCPListener
	start  chan struct{}
	done   chan struct{}
	step   atomic.Value
}

func (p *private) run() {
	runtime.LockOSThread()
	if err := syscall.Unshare(syscall.CLONE_FILES); err != nil {
		fmt.Println("skip:", err)
		fmt.Println("end")
		os.Exit(0)
	}
	ln := work.Must1(net.Listen("tcp", "127.0.0.1:0"))
	c := work.Must1(net.Dial("tcp", p.far.Addr().String()))
	u := work.Must1(net.Dial("udp", p.farUDP.LocalAddr().String()))
	p.ready <- ln.(*net.TCPListener)
	<-p.start
	for i, size := range []int{100, 3000, 10000, 40000} {
		p.say("echo %d", size)
		echo(c, p.seed+uint64(i), size, 30)
	}
	p.say("datagrams")
	echo(u, p.seed, 500, 30)
	p.say("connect")
	for range 5 {
		c := work.Must1(net.Dial("tcp", p.far.Addr().String()))
		echo(c, p.seed, 100, 5)
		work.Must(c.Close())
	}
	p.say("accept")
	for range 3 {
		c := work.Must1(ln.Accept())
		work.Must1(io.Copy(c, struct{ io.Reader }{c}))
		work.Must(c.Close())
	}
	p.say("child")
	var fds [2]int
	work.Must(unix.Pipe2(fds[:], unix.O_CLOEXEC)) // in blocking mode, as from elsewhere
	child(os.NewFile(uintptr(fds[0]), "r"), os.NewFile(uintptr(fds[1]), "w"))
	r, w, err := os.Pipe()
	work.Must(err)
	child(r, w)
	p.say("deadline")
	c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if n, err := c.Read(make([]byte, 1)); n != 0 || !os.IsTimeout(err) {
		work.Failf("read: %d %v", n, err)
	}
	for _, c := range []io.Closer{ln, c, u} {
		work.Must(c.Close())
	}
	close(p.done)
	// Ends locked, which ends the thread and with it the table.
}

func (p *private) say(format string, args ...any) {
	step := fmt.Sprintf(format, args...)
	p.step.Store(step)
	fmt.Println(step)
}

// echo sends messages and checks what comes back.
func echo(c net.Conn, seed uint64, size, count int) {
	cur := stream.Cursor{Seed: seed}
	b := make([]byte, size)
	for range count {
		off := cur.Off
		cur.Next(b)
		work.Must1(c.Write(b))
		work.Must1(io.ReadFull(c, b))
		work.Must(stream.Check(b, seed, off))
	}
}

// child waits for what a child writes to a pipe, and for the child.
func child(r, w *os.File) {
	cmd := exec.Command("sh", "-c", "sleep 0.02; echo hello; exec sleep 0.02 >&-")
	cmd.Stdout = w
	work.Must(cmd.Start())
	work.Must(w.Close())
	if b := work.Must1(io.ReadAll(r)); string(b) != "hello\n" {
		work.Failf("the child wrote %q", b)
	}
	work.Must(r.Close())
	work.Must(cmd.Wait())
}

// echoAll echoes what comes on every connection.
func echoAll(ln net.Listener) {
	for {
		c := work.Must1(ln.Accept())
		go func() {
			work.Must1(io.Copy(c, struct{ io.Reader }{c}))
			c.Close()
		}()
	}
}
