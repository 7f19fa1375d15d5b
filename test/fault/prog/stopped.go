//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["stopped"] = stopped
	programs["stopped-child"] = stoppedChild
	programs["full"] = full
}

// stopped stops and continues a child, half of the time while it works and half
// of the time while it waits: system calls that a stop interrupts return EINTR
// though there is no signal handler (signal(7)).
func stopped([]string) {
	child := self("stopped-child")
	in := work.Must1(child.StdinPipe())
	out := work.Must1(child.StdoutPipe())
	work.Must(child.Start())
	for range 40 {
		work.Must(child.Process.Signal(syscall.SIGSTOP))
		time.Sleep(2 * time.Millisecond)
		work.Must(child.Process.Signal(syscall.SIGCONT))
		time.Sleep(3 * time.Millisecond)
	}
	work.Must1(in.Write([]byte("x")))
	report := work.Must1(io.ReadAll(out))
	work.Must(child.Wait())
	fmt.Print(strings.TrimSuffix(string(report), "end\n"))
}

func stoppedChild([]string) {
	tr := newTraffic(20)
	for i := range 20 {
		time.Sleep(5 * time.Millisecond)
		if i%2 == 0 {
			tr.end()
			tr = newTraffic(20)
		}
	}
	work.Must1(os.Stdin.Read(make([]byte, 1)))
	tr.wait(1000)
	tr.end()
	fmt.Println("backend", work.Backend())
}

// full makes more goroutines send at the same moment than a ring has entries.
func full([]string) {
	const conns = 1500
	ln := work.Must1(net.Listen("tcp", "127.0.0.1:0"))
	var done sync.WaitGroup
	start := make([]chan struct{}, 4)
	for i := range start {
		start[i] = make(chan struct{})
	}
	for i := range conns {
		c := work.Must1(net.Dial("tcp", ln.Addr().String()))
		s := work.Must1(ln.Accept())
		done.Go(func() {
			defer c.Close()
			cur := stream.Cursor{Seed: uint64(i)}
			b := make([]byte, 16)
			for _, start := range start {
				<-start
				cur.Next(b)
				work.Must1(c.Write(b))
			}
		})
		done.Go(func() {
			defer s.Close()
			got := work.Must1(io.ReadAll(s))
			if len(got) != 16*len(start) {
				work.Failf("connection %d: %d bytes", i, len(got))
			}
			work.Must(stream.Check(got, uint64(i), 0))
		})
	}
	for _, start := range start {
		time.Sleep(50 * time.Millisecond) // until they wait
		close(start)
	}
	done.Wait()
	fmt.Println("backend", work.Backend())
}
