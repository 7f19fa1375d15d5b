//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Area threads: goroutines that are wired to threads, child processes, and the
// standard library's servers.
func init() {
	each("threads", "locked", streams, threadsLocked)
	add("threads", "locked-exit", threadsLockedExit)
	add("threads", "locked-main", threadsLockedMain)
	add("threads", "exec", threadsExec)
	add("threads", "exec-under-load", threadsExecLoad)
	add("threads", "children-open", threadsOpen)
	add("threads", "spinning", threadsSpinning)
	helpers["list-fds"] = listFDs
}

// echoLocked echoes with both ends on threads of their own.
func threadsLocked(t *T, network string) {
	c, s := t.pair(network)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		io.Copy(s, struct{ io.Reader }{s})
		s.Close()
	}()
	wait := t.later("locked", func() (any, error) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for i := range 200 {
			out := pattern(1 + i*37)
			must(c.Write(out))
			b := make([]byte, len(out))
			if _, err := io.ReadFull(c, b); err != nil || !bytes.Equal(b, out) {
				return i, err
			}
		}
		return "all", nil
	})
	wait()
}

// threadsLockedExit ends threads while other goroutines wait for I/O that these
// may have started.
func threadsLockedExit(t *T) {
	c, s := t.pair("tcp4")
	for range 30 {
		done := make(chan struct{})
		wait := t.later("read", func() (any, error) { return s.Read(make([]byte, 10)) })
		go func() {
			runtime.LockOSThread()
			must(c.Write([]byte("x")))
			close(done)
		}()
		wait()
		<-done
	}
	t.Print("goroutines ended")
}

func threadsLockedMain(t *T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c, s := t.pair("tcp4")
	for range 3 {
		go func() {
			time.Sleep(ms(1))
			c.Write([]byte("to main"))
		}()
		t.read(s, 10)
	}
	s.SetReadDeadline(time.Now().Add(ms(10)))
	t.read(s, 10)
}

func threadsExec(t *T) {
	cmd := exec.Command("cat")
	in := must(cmd.StdinPipe())
	out := must(cmd.StdoutPipe())
	t.Must(cmd.Start())
	for i := range 5 {
		fmt.Fprintf(in, "line %d", i)
		b := make([]byte, 100)
		n, err := out.Read(b)
		t.Print(sum(b[:n]), err)
	}
	in.Close()
	rest, err := io.ReadAll(out)
	t.Print(len(rest), err, cmd.Wait())

	cmd = exec.Command("cat")
	cmd.Stdin = bytes.NewReader(pattern(1 << 20))
	got, err := cmd.Output()
	t.Print(bytes.Equal(got, pattern(1<<20)), err)
}

func threadsExecLoad(t *T) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	ln := t.listen("tcp4")
	for i := range 20 {
		c, s := t.pairOver(ln, &net.Dialer{})
		go io.Copy(s, struct{ io.Reader }{s})
		wg.Go(func() {
			out, b := pattern(100+i), make([]byte, 100+i)
			for {
				select {
				case <-stop:
					c.Close()
					return
				default:
				}
				must(c.Write(out))
				must(io.ReadFull(c, b))
				if !bytes.Equal(b, out) {
					t.Fatal("wrong echo")
				}
			}
		})
	}
	for range 20 {
		out, err := exec.Command("echo", "hello").Output()
		if string(out) != "hello\n" || err != nil {
			t.Print(string(out), err)
		}
	}
	close(stop)
	wg.Wait()
	t.Print("done")
}

// listFDs prints what is open, as a child sees it.
func listFDs([]string) {
	names := must(os.ReadDir("/proc/self/fd"))
	for _, n := range names {
		link, err := os.Readlink("/proc/self/fd/" + n.Name())
		if err != nil || strings.Contains(link, "/proc/") {
			continue
		}
		kind, _, _ := strings.Cut(link, ":")
		if strings.HasPrefix(link, "anon_inode") {
			kind = link
		}
		if kind == "/dev/null" || kind == "pipe" {
			continue
		}
		fmt.Println(kind)
	}
}

// threadsOpen starts a child while rings and sockets are in use.
func threadsOpen(t *T) {
	ln := t.listen("tcp4")
	for range 100 {
		c, s := t.pairOver(ln, &net.Dialer{})
		go io.Copy(s, struct{ io.Reader }{s})
		go func() {
			for {
				if _, err := c.Write([]byte("x")); err != nil {
					return
				}
				if _, err := c.Read(make([]byte, 1)); err != nil {
					return
				}
			}
		}()
	}
	moment()
	// The shell has nothing open but what it got.
	cmd := exec.Command("/bin/sh", "-c", "ls -l /proc/self/fd")
	out := must(cmd.Output())
	for _, what := range []string{"socket:", "io_uring", "eventpoll", "eventfd"} {
		t.Print(what, strings.Contains(string(out), what))
	}
	cmd = exec.Command(must(os.Executable()), "list-fds")
	out = must(cmd.Output())
	t.Print(string(out))
}

// threadsSpinning does I/O beside goroutines that never give way.
func threadsSpinning(t *T) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				//lint:ignore SA5004 it is to spin
				default:
				}
			}
		})
	}
	c, s := t.pair("tcp4")
	go io.Copy(s, struct{ io.Reader }{s})
	for range 10 {
		must(c.Write([]byte("ping")))
		b := make([]byte, 10)
		n, err := c.Read(b)
		t.Print(string(b[:n]), err)
	}
	close(stop)
	wg.Wait()
}
