//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/zio-go/zio/test/internal/seccomp"
	"github.com/zio-go/zio/test/internal/work"
	"golang.org/x/sys/unix"
)

func init() {
	programs["idle"] = idle
	programs["computing"] = computing
}

// idle prints the CPU time, in microseconds, that goes by while every
// goroutine waits.
func idle(args []string) {
	switch args[0] {
	case "listener":
		ln := work.Must1(net.Listen("tcp", "127.0.0.1:0"))
		go ln.Accept()
		rest()
	case "error-queue":
		errorQueue(args[1])
	case "closed":
		closedBehind(args[1])
	case "urgent":
		urgent()
	case "half-closed":
		halfClosed()
	case "handler":
		handler(args[1])
	case "child":
		cmd := exec.Command("sleep", "10")
		work.Must(cmd.Start())
		go cmd.Wait()
		rest()
		cmd.Process.Kill()
	case "pipe":
		var fds [2]int
		work.Must(unix.Pipe2(fds[:], unix.O_CLOEXEC)) // in blocking mode
		go os.NewFile(uintptr(fds[0]), "r").Read(make([]byte, 1))
		rest()
	}
}

// rest waits a while and prints the CPU time of it.
func rest() {
	pause()
	before := cpuTime()
	time.Sleep(400 * time.Millisecond)
	fmt.Println("cpu", (cpuTime() - before).Microseconds())
}

func cpuTime() time.Duration {
	var r unix.Rusage
	work.Must(unix.Getrusage(unix.RUSAGE_SELF, &r))
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// connected returns the two ends of a connection.
func connected(network string) (c, peer net.Conn) {
	if network == "udp" {
		a := work.Must1(net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))
		c = work.Must1(net.Dial("udp", a.LocalAddr().String()))
		to := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: c.LocalAddr().(*net.UDPAddr).Port}
		work.Must(work.Must1(a.SyscallConn()).Control(func(fd uintptr) { work.Must(unix.Connect(int(fd), to)) }))
		return c, a
	}
	ln := work.Must1(net.Listen("tcp", "127.0.0.1:0"))
	defer ln.Close()
	c = work.Must1(net.Dial("tcp", ln.Addr().String()))
	return c, work.Must1(ln.Accept())
}

// errorQueue has a goroutine wait on a socket whose error queue, a time stamp
// of a transmission, nobody reads. What comes in is received all the same.
func errorQueue(network string) {
	c, peer := connected(network)
	raw := work.Must1(c.(syscall.Conn).SyscallConn())
	work.Must(raw.Control(func(fd uintptr) {
		flags := unix.SOF_TIMESTAMPING_TX_SOFTWARE | unix.SOF_TIMESTAMPING_SOFTWARE
		work.Must(unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPING, flags))
	}))
	got := make(chan error)
	go func() {
		b := make([]byte, 10)
		n, err := c.Read(b)
		if err == nil && string(b[:n]) != "answer" {
			err = fmt.Errorf("got %q", b[:n])
		}
		got <- err
	}()
	pause()
	work.Must1(c.Write([]byte("x")))
	rest()
	work.Must1(peer.Write([]byte("answer")))
	fmt.Println("read:", <-got)
}

// urgent has a goroutine wait on a socket with urgent data, which a read does
// not see.
func urgent() {
	c, peer := connected("tcp")
	got := make(chan string)
	go func() {
		b := make([]byte, 10)
		n, err := c.Read(b)
		got <- fmt.Sprintf("%q %v", b[:n], err)
	}()
	pause()
	work.Must(work.Must1(peer.(*net.TCPConn).SyscallConn()).Control(func(fd uintptr) {
		work.Must(unix.Send(int(fd), []byte("!"), unix.MSG_OOB))
	}))
	rest()
	work.Must1(peer.Write([]byte("answer")))
	fmt.Println("read:", <-got)
}

// halfClosed has a goroutine wait for room to write while the peer, who says no
// more, does not read.
func halfClosed() {
	c, peer := connected("tcp")
	work.Must(peer.(*net.TCPConn).CloseWrite())
	wrote := make(chan error)
	go func() {
		_, err := c.Write(make([]byte, 20<<20))
		c.Close()
		wrote <- err
	}()
	rest()
	n := work.Must1(io.Copy(io.Discard, peer))
	fmt.Println("read:", n, <-wrote)
}

// handler is an HTTP handler that waits while the client has said more than
// the request, says no more, or both.
func handler(how string) {
	in, out := make(chan bool), make(chan error)
	ln := work.Must1(net.Listen("tcp", "127.0.0.1:0"))
	go http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in <- true
		<-in
		out <- r.Context().Err()
	}))
	c := work.Must1(net.Dial("tcp", ln.Addr().String()))
	request := "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	work.Must1(io.WriteString(c, request))
	<-in
	if how != "half-closed" {
		work.Must1(io.WriteString(c, strings.Repeat(request, 3)))
	}
	if how != "pipelined" {
		work.Must(c.(*net.TCPConn).CloseWrite())
	}
	rest()
	in <- true
	fmt.Println("context:", <-out)
}

// closedBehind closes the descriptor that a goroutine waits for without telling
// the runtime. The wait ends with the deadline, also if the number is used
// again.
func closedBehind(how string) {
	c, peer := connected("tcp")
	defer peer.Close()
	got := make(chan error)
	c.SetReadDeadline(time.Now().Add(700 * time.Millisecond))
	go func() {
		n, err := c.Read(make([]byte, 10))
		if n != 0 || !os.IsTimeout(err) {
			err = fmt.Errorf("got %d bytes, %v", n, err)
		} else {
			err = nil
		}
		got <- err
	}()
	pause()
	num := -1
	raw := work.Must1(c.(syscall.Conn).SyscallConn())
	work.Must(raw.Control(func(fd uintptr) { num = int(fd) }))
	work.Must(unix.Close(num))
	if how == "reused" {
		c2, peer2 := connected("tcp")
		if work.Must1(c2.(*net.TCPConn).SyscallConn()).Control(func(fd uintptr) {
			if int(fd) != num {
				work.Failf("descriptor %d, not %d", fd, num)
			}
		}) != nil {
			work.Failf("no descriptor")
		}
		go func() {
			pause()
			peer2.Write([]byte("new"))
		}()
		b := make([]byte, 3)
		c2.SetReadDeadline(time.Now().Add(5 * time.Second))
		work.Must1(io.ReadFull(c2, b))
		fmt.Printf("%s\n", b)
	}
	rest()
	fmt.Println("wait:", <-got)
}

// computing prints how often the program's threads wake up while a goroutine
// computes, beside one that waits, and the CPU time of that in microseconds. A
// system call that is named is forbidden before.
func computing(forbid []string) {
	ln := work.Must1(net.Listen("tcp", "127.0.0.1:0"))
	go ln.Accept()
	pause()
	if len(forbid) > 0 {
		runtime.LockOSThread()
		_, err := seccomp.Install(seccomp.Rules{seccomp.Calls[forbid[0]]: unix.EPERM}, true)
		work.Must(err)
		runtime.UnlockOSThread()
	}
	compute(20 * time.Millisecond)
	before, cpu := wakeups(), cpuTime()
	compute(300 * time.Millisecond)
	fmt.Println("wakeups", wakeups()-before, "cpu", (cpuTime() - cpu).Microseconds())
}

func compute(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}

var voluntary = regexp.MustCompile(`(?m)^voluntary_ctxt_switches:\s+(\d+)$`)

// wakeups returns how often a thread of the program has waited.
func wakeups() (n int) {
	for _, status := range work.Must1(filepath.Glob("/proc/self/task/*/status")) {
		b, err := os.ReadFile(status)
		if err != nil {
			continue // the thread has ended
		}
		n += work.Must1(strconv.Atoi(string(voluntary.FindSubmatch(b)[1])))
	}
	return n
}
