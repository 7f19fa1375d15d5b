//go:build linux

// Prog waits for children, pipes and terminals. See the driver.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

var programs = map[string]func(args []string){
	"children":  children,
	"pipes":     pipes,
	"deadlines": deadlines,
	"close":     closes,
	"show":      show,
	"upstream":  upstream,
	"splice":    splice,
	"tty":       tty,
	"lingers":   lingers,
}

func main() {
	programs[os.Args[1]](os.Args[2:])
	fmt.Println("done")
}

func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

// bad reports what is not as it should be.
func bad(args ...any) { fmt.Println(args...) }

func threads() int { return len(must(os.ReadDir("/proc/self/task"))) }

// most is how many threads a program has that does nothing but wait: those of
// the runtime, and those that lingered in a wait that might have been short.
const most = 16

// settle waits until ok, but not for ever.
func settle(ok func() bool) bool {
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

func pipe() (r, w *os.File) {
	var p [2]int
	if err := syscall.Pipe2(p[:], syscall.O_CLOEXEC); err != nil {
		panic(err)
	}
	return os.NewFile(uintptr(p[0]), "r"), os.NewFile(uintptr(p[1]), "w")
}

// start starts n children that live until their standard input ends.
func start(n int) (all []*exec.Cmd, in []io.Closer) {
	for range n {
		c := exec.Command("cat")
		in = append(in, must(c.StdinPipe()))
		if err := c.Start(); err != nil {
			panic(err)
		}
		all = append(all, c)
	}
	return all, in
}

func children(args []string) {
	n := must(strconv.Atoi(args[0]))
	all, in := start(n)
	var wg sync.WaitGroup
	for i, c := range all {
		wg.Go(func() {
			if err := c.Wait(); err != nil {
				bad("child", i, err)
			}
		})
	}
	time.Sleep(200 * time.Millisecond)
	if k := threads(); k > most {
		bad(k, "threads for", n, "children")
	}
	for _, c := range in {
		c.Close()
	}
	wg.Wait()
}

func pipes(args []string) {
	n := must(strconv.Atoi(args[0]))
	var lim syscall.Rlimit
	syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim)
	lim.Cur = lim.Max
	syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lim)
	n = min(n, int(lim.Cur)/2-50)
	var wg sync.WaitGroup
	var ws []*os.File
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range n {
		r, w := pipe()
		ws = append(ws, w)
		wg.Go(func() {
			b := make([]byte, 8)
			if k, err := r.Read(b); k != 3 || err != nil || string(b[:3]) != "abc" {
				bad("pipe", i, k, err)
			}
			if k, err := r.Read(b); k != 0 || err != io.EOF {
				bad("end of pipe", i, k, err)
			}
			r.Close()
		})
	}
	time.Sleep(300 * time.Millisecond)
	runtime.ReadMemStats(&after)
	if k := threads(); k > most {
		bad(k, "threads for", n, "pipes")
	}
	if m := (after.Sys - before.Sys) / uint64(n); n > 5000 && m > 8<<10 {
		bad(m, "bytes for a goroutine")
	}
	for _, w := range ws {
		w.Write([]byte("abc"))
		w.Close()
	}
	wg.Wait()
}

func timeout(what string, f func() (int, error)) {
	t := time.Now()
	n, err := f()
	if d := time.Since(t); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || d > 5*time.Second {
		bad(what, n, err, d)
	}
}

func deadlines(args []string) {
	r, w := pipe()
	b := make([]byte, 100000)
	read := func() (int, error) { return r.Read(b[:8]) }

	// Before the wait, in the middle of it, in the past.
	r.SetDeadline(time.Now().Add(30 * time.Millisecond))
	timeout("read", read)
	timeout("read again", read)
	r.SetDeadline(time.Time{})
	time.AfterFunc(50*time.Millisecond, func() { r.SetReadDeadline(time.Now()) })
	timeout("read that waits", read)

	// Nothing is lost, and without a deadline it waits again.
	w.Write([]byte("abc"))
	timeout("data is there, but the deadline has passed", read)
	r.SetReadDeadline(time.Time{})
	if n, err := read(); n != 3 || err != nil {
		bad("read after the deadline", n, err)
	}
	time.AfterFunc(50*time.Millisecond, func() { w.Write([]byte("de")) })
	if n, err := read(); n != 2 || err != nil {
		bad("read without deadline", n, err)
	}

	// What a write could not write is not written later.
	w.SetWriteDeadline(time.Now().Add(30 * time.Millisecond))
	n, err := w.Write(b)
	if n == 0 || n == len(b) || !errors.Is(err, os.ErrDeadlineExceeded) {
		bad("write", n, err)
	}
	time.Sleep(10 * time.Millisecond)
	w.Close()
	if k, err := io.Copy(io.Discard, r); int(k) != n || err != nil {
		bad("written", n, "read", k, err)
	}
	r.Close()
	if err := r.SetDeadline(time.Now()); err == nil {
		bad("a closed file takes a deadline")
	}
}

func closes(args []string) {
	var wg sync.WaitGroup
	// Readers that linger, readers that are parked, and one that comes late.
	for i := range 40 {
		r, w := pipe()
		wg.Go(func() {
			if n, err := r.Read(make([]byte, 8)); n != 0 || !errors.Is(err, os.ErrClosed) {
				bad("read", i, n, err)
			}
			w.Close()
		})
		wg.Go(func() {
			time.Sleep(time.Duration(i) * time.Millisecond)
			if err := r.Close(); err != nil {
				bad("close", err)
			}
		})
	}
	r, w := pipe()
	wg.Go(func() {
		if n, err := w.Write(make([]byte, 1<<20)); n == 0 || !errors.Is(err, os.ErrClosed) {
			bad("write", n, err)
		}
		r.Close()
	})
	time.Sleep(20 * time.Millisecond)
	w.Close()
	wg.Wait()
	// Some of the 82 would be left. Lingering needs up to four of its own.
	if n := len(must(os.ReadDir("/proc/self/fd"))); n > 16 {
		bad(n, "descriptors are left")
	}
}

// show has ten pipes and ten children waiting, and prints the stacks.
func show(args []string) {
	all, in := start(10)
	for _, c := range all {
		go c.Wait()
	}
	var ws []*os.File
	for range 10 {
		r, w := pipe()
		ws = append(ws, w)
		go r.Read(make([]byte, 8))
	}
	b := make([]byte, 1<<20)
	settle(func() bool {
		b = b[:cap(b)]
		b = b[:runtime.Stack(b, true)]
		return bytes.Count(b, []byte("[IO wait")) == 20
	})
	time.Sleep(300 * time.Millisecond) // ziotrace writes some lines
	os.Stdout.Write(b)
	for _, c := range in {
		c.Close()
	}
	runtime.KeepAlive(ws)
}

func upstream(args []string) {
	all, in := start(40)
	var wg sync.WaitGroup
	for _, c := range all {
		wg.Go(func() { c.Wait() })
	}
	if !settle(func() bool { return threads() >= len(all) }) {
		bad(threads(), "threads for", len(all), "children")
	}
	for _, c := range in {
		c.Close()
	}
	wg.Wait()
	r, _ := pipe()
	if err := r.SetDeadline(time.Now()); !errors.Is(err, os.ErrNoDeadline) {
		bad("SetDeadline:", err)
	}
	f, remove := tempFile(10)
	defer remove()
	if err := f.SetDeadline(time.Now()); !errors.Is(err, os.ErrNoDeadline) {
		bad("SetDeadline of a file:", err)
	}
}

// splice copies from a socket to a pipe in blocking mode that is full for a
// while, and to one that nobody reads any more.
func splice(args []string) {
	ln := must(net.Listen("tcp", "127.0.0.1:0"))
	for _, broken := range []bool{false, true} {
		go func() {
			c := must(net.Dial("tcp", ln.Addr().String()))
			c.Write(make([]byte, 1<<20))
			c.Close()
		}()
		c := must(ln.Accept())
		r, w := pipe()
		var before, after syscall.Rusage
		got := make(chan int64)
		go func() {
			time.Sleep(300 * time.Millisecond)
			syscall.Getrusage(syscall.RUSAGE_SELF, &after)
			n := int64(0)
			if !broken {
				n = must(io.Copy(io.Discard, r))
			}
			r.Close()
			got <- n
		}()
		syscall.Getrusage(syscall.RUSAGE_SELF, &before)
		n, err := io.Copy(w, c)
		w.Close()
		if k := <-got; broken && !errors.Is(err, syscall.EPIPE) || !broken && (err != nil || n != 1<<20 || k != n) {
			bad("broken", broken, "copied", n, err, "arrived", k)
		}
		if cpu := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano(); cpu > 100e6 {
			bad("CPU time while the pipe was full:", time.Duration(cpu))
		}
		c.Close()
	}
}
