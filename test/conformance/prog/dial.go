//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Area dial: connect, accept, and listeners that another program opened.
func init() {
	add("dial", "happy-eyeballs", dialEyeballs)
	add("dial", "canceled-before", dialCanceled)
	add("dial", "unroutable", dialUnroutable)
	add("dial", "many", dialMany)
	add("dial", "context-after", dialContextAfter)
	add("dial", "keepalive", dialKeepAlive)
	add("dial", "tcp-self", dialLocal)
	add("dial", "inherited-listener", dialInherited)
	add("dial", "inherited-conn", dialInheritedConn)
	helpers["serve-fd3"] = serveFD3
	helpers["echo-fd3"] = echoFD3
}

// dialEyeballs dials a name with addresses of both families, of which only one
// answers.
func dialEyeballs(t *T) {
	ln := t.listen("tcp4")
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	for _, delay := range []time.Duration{-1, 0, ms(1)} {
		d := net.Dialer{FallbackDelay: delay, Timeout: 10 * time.Second}
		wait := t.later("accept", func() (any, error) {
			s, err := ln.Accept()
			if err == nil {
				s.Close()
			}
			return nil, err
		})
		c, err := d.DialContext(context.Background(), "tcp", net.JoinHostPort("localhost", port))
		t.Print("dial:", err)
		if err == nil {
			t.Print(c.RemoteAddr().(*net.TCPAddr).IP)
			c.Close()
		}
		wait()
	}
}

func dialCanceled(t *T) {
	ln := t.listen("tcp4")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := new(net.Dialer).DialContext(ctx, "tcp4", ln.Addr().String())
	t.Print("dial:", err)
	ctx, cancel = context.WithDeadline(context.Background(), time.Unix(1, 0))
	defer cancel()
	_, err = new(net.Dialer).DialContext(ctx, "tcp4", ln.Addr().String())
	ne, ok := err.(net.Error)
	t.Print("times out:", ok && ne.Timeout())
}

func dialUnroutable(t *T) {
	_, err := net.Dial("tcp4", "255.255.255.255:1")
	t.Print("fails:", err != nil)
	_, err = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}}).Dial("tcp4", "127.0.0.1:1")
	t.Print("dial:", err)
}

func dialMany(t *T) {
	ln := t.listen("tcp4")
	const n = 300
	go func() {
		for {
			s, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(s, s)
				s.Close()
			}()
		}
	}()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			c := must(net.Dial("tcp4", ln.Addr().String()))
			defer c.Close()
			out := fmt.Sprint("connection ", i)
			must(io.WriteString(c, out))
			c.(halfCloser).CloseWrite()
			if got := must(io.ReadAll(c)); string(got) != out {
				t.Fatal(string(got))
			}
		})
	}
	wg.Wait()
	t.Print("all answered")
}

// dialContextAfter cancels the context when the connection is there, which must
// not touch it.
func dialContextAfter(t *T) {
	ln := t.listen("tcp4")
	go func() {
		s := must(ln.Accept())
		io.Copy(s, s)
		s.Close()
	}()
	ctx, cancel := context.WithTimeout(context.Background(), ms(100))
	c := must(new(net.Dialer).DialContext(ctx, "tcp4", ln.Addr().String()))
	t.write(c, []byte("before"))
	t.read(c, 10)
	cancel()
	moment()
	t.write(c, []byte("after"))
	t.read(c, 10)
	c.Close()
}

func dialKeepAlive(t *T) {
	ln := t.listen("tcp4")
	c, s := t.pairOver(ln, &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: time.Second}})
	t.write(c, []byte("x"))
	t.read(s, 10)
	t.Print(c.(*net.TCPConn).SetKeepAlive(false), c.(*net.TCPConn).SetNoDelay(true), c.(*net.TCPConn).SetReadBuffer(10000))
}

func dialLocal(t *T) {
	ln := t.listen("tcp4")
	c, s := t.pairOver(ln, &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}})
	t.Print(s.RemoteAddr().(*net.TCPAddr).IP, c.LocalAddr().(*net.TCPAddr).IP, s.RemoteAddr().String() == c.LocalAddr().String())
}

// serveFD3 serves the listener that is descriptor 3.
func serveFD3([]string) {
	ln := must(net.FileListener(os.NewFile(3, "listener")))
	for range 3 {
		s := must(ln.Accept())
		b := make([]byte, 100)
		for {
			n, err := s.Read(b)
			if err == io.EOF {
				break
			}
			must(n, err)
			must(fmt.Fprintf(s, "child got %q", b[:n]))
		}
		s.Close()
	}
}

func dialInherited(t *T) {
	for _, network := range []string{"tcp4", "unix"} {
		ln := t.listen(network)
		f := must(ln.(interface{ File() (*os.File, error) }).File())
		cmd := exec.Command(must(os.Executable()), "serve-fd3")
		cmd.ExtraFiles = []*os.File{f}
		cmd.Stderr = os.Stderr
		t.Must(cmd.Start())
		f.Close()
		addr := ln.Addr()
		if network == "tcp4" {
			ln.Close() // the child has it
		}
		for range 3 {
			c := must(net.Dial(addr.Network(), addr.String()))
			for range 3 {
				t.write(c, []byte("hello"))
				t.read(c, 100)
			}
			c.Close()
		}
		t.Print("child:", cmd.Wait())
	}
}

// echoFD3 echoes on the connection that is descriptor 3, by an os.File, which
// the parent may have left in either mode.
func echoFD3([]string) {
	f := os.NewFile(3, "conn")
	b := make([]byte, 100)
	for {
		n, err := f.Read(b)
		if err == io.EOF {
			return
		}
		must(n, err)
		must(f.Write(b[:n]))
	}
}

// dialInheritedConn lends a connection to a child while the parent keeps it.
func dialInheritedConn(t *T) {
	for _, network := range []string{"tcp4", "unix"} {
		c, s := t.pair(network)
		c.Write([]byte("x"))
		t.read(s, 10)
		f := must(s.(interface{ File() (*os.File, error) }).File())
		cmd := exec.Command(must(os.Executable()), "echo-fd3")
		cmd.ExtraFiles = []*os.File{f}
		cmd.Stderr = os.Stderr
		t.Must(cmd.Start())
		f.Close()
		for range 3 {
			t.write(c, []byte("to the child"))
			t.read(c, 100)
		}
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
		// The child may have changed the mode that both share.
		wait := t.later("read", func() (any, error) { return s.Read(make([]byte, 100)) })
		moment()
		t.write(c, []byte("to the parent"))
		wait()
		s.SetReadDeadline(time.Now().Add(ms(20)))
		if network == "tcp4" {
			c.Close()
			t.read(s, 10)
		}
	}
}
