//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Area blocking: files that come in in blocking mode, as standard input does.
func init() {
	add("blocking", "bytes", blockingBytes)
	add("blocking", "socket", blockingSocket)
	add("blocking", "eof", blockingEOF)
	add("blocking", "broken", blockingBroken)
	add("blocking", "mode", blockingMode)
	add("blocking", "nonblocking-later", blockingLater)
	add("blocking", "two-readers", blockingTwoReaders)
	add("blocking", "two-files", blockingTwoFiles)
	add("blocking", "atomic", blockingAtomic)
	add("blocking", "fifo", blockingFifo)
	add("blocking", "closed", blockingClosed)
	add("blocking", "stdin", blockingStdin)
	add("blocking", "stdin-closed", blockingStdinClosed)
	add("blocking", "devices", blockingDevices)
	add("blocking", "regular", blockingRegular)
	add("blocking", "memory", blockingMemory)
	helpers["stdin-to-stdout"] = func([]string) {
		r, w := io.Reader(os.Stdin), io.Writer(os.Stdout)
		n, err := io.Copy(struct{ io.Writer }{w}, struct{ io.Reader }{r})
		fmt.Fprintln(os.Stderr, n, err)
	}
}

// kept are files that must not be closed by a finalizer, since their descriptor
// is another's by then.
var kept []*os.File

// blockingPipe returns a pipe whose ends are in blocking mode.
func blockingPipe(t *T) (r, w *os.File) {
	var p [2]int
	t.Must(syscall.Pipe2(p[:], syscall.O_CLOEXEC))
	return os.NewFile(uintptr(p[0]), "r"), os.NewFile(uintptr(p[1]), "w")
}

func blockingBytes(t *T) {
	r, w := blockingPipe(t)
	out := pattern(3<<20 + 17)
	wait := t.later("write", func() (any, error) {
		n, err := w.Write(out)
		w.Close()
		return n, err
	})
	var got []byte
	b := make([]byte, 70000)
	for i := 0; ; i++ {
		n, err := r.Read(b[:1+(i*7919)%len(b)])
		got = append(got, b[:n]...)
		if err != nil {
			t.Print(err)
			break
		}
		if i%50 == 0 {
			time.Sleep(ms(1)) // let the writer wait for long
		}
	}
	wait()
	t.Print(string(got) == string(out))
	r.Close()
}

func blockingSocket(t *T) {
	p, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	t.Must(err)
	a, b := os.NewFile(uintptr(p[0]), "a"), os.NewFile(uintptr(p[1]), "b")
	out := pattern(1 << 20)
	wait := t.later("write", func() (any, error) {
		n, err := a.Write(out)
		a.Close()
		return n, err
	})
	moment()
	got, err := io.ReadAll(b)
	wait()
	t.Print(string(got) == string(out), err)
	b.Close()
}

func blockingEOF(t *T) {
	r, w := blockingPipe(t)
	defer r.Close()
	wait := t.later("read", func() (any, error) { n, err := r.Read(make([]byte, 10)); return n, unpath(err) })
	moment()
	w.Close()
	wait()
	n, err := r.Read(make([]byte, 10))
	t.Print(n, unpath(err))
	n, err = r.Read(nil)
	t.Print(n, unpath(err))
}

func blockingBroken(t *T) {
	r, w := blockingPipe(t)
	defer w.Close()
	wait := t.later("write", func() (any, error) { n, err := w.Write(make([]byte, 1<<20)); return n >= 65536, unpath(err) })
	moment()
	io.CopyN(io.Discard, r, 5000)
	moment()
	r.Close()
	wait()
	n, err := w.Write([]byte("x"))
	t.Print(n, unpath(err))
}

func nonblock(f uintptr) bool {
	flags, _, _ := syscall.Syscall(syscall.SYS_FCNTL, f, syscall.F_GETFL, 0)
	return flags&syscall.O_NONBLOCK != 0
}

// The mode belongs to the file description, which others may share.
func blockingMode(t *T) {
	r, w := blockingPipe(t)
	defer r.Close()
	defer w.Close()
	fd := r.Fd()
	wait := t.later("read", func() (any, error) { n, err := r.Read(make([]byte, 10)); return n, unpath(err) })
	moment()
	t.Print("while it waits:", nonblock(fd))
	w.Write([]byte("abc"))
	wait()
	t.Print("after:", nonblock(fd), nonblock(w.Fd()), r.Fd() == fd)
}

// Somebody who shares the description makes it non-blocking.
func blockingLater(t *T) {
	r, w := blockingPipe(t)
	defer r.Close()
	defer w.Close()
	w.Write([]byte("abc"))
	b := make([]byte, 10)
	n, err := r.Read(b)
	t.Print(n, unpath(err))
	syscall.SetNonblock(int(r.Fd()), true)
	n, err = r.Read(b)
	t.Print(n, unpath(err))
	syscall.SetNonblock(int(r.Fd()), false)
	wait := t.later("read", func() (any, error) { n, err := r.Read(b); return n, unpath(err) })
	moment()
	w.Write([]byte("de"))
	wait()
	syscall.SetNonblock(int(w.Fd()), true)
	n, err = w.Write(make([]byte, 100000))
	t.Print(n, unpath(err))
}

func blockingTwoReaders(t *T) {
	r, w := blockingPipe(t)
	defer r.Close()
	var mu sync.Mutex
	total := 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			b := make([]byte, 100)
			for {
				n, err := r.Read(b)
				mu.Lock()
				total += n
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	for i := range 200 {
		w.Write(make([]byte, 100+i))
		if i%20 == 0 {
			time.Sleep(ms(1))
		}
	}
	w.Close()
	wg.Wait()
	t.Print(total)
}

// Two files with descriptors of one description, and two with one descriptor.
func blockingTwoFiles(t *T) {
	r, w := blockingPipe(t)
	defer r.Close()
	d, err := syscall.Dup(int(r.Fd()))
	t.Must(err)
	r2, r3 := os.NewFile(uintptr(d), "r2"), os.NewFile(r.Fd(), "r3")
	defer r2.Close()
	kept = append(kept, r3)
	for _, f := range []*os.File{r, r2, r3} {
		wait := t.later("read", func() (any, error) { n, err := f.Read(make([]byte, 10)); return n, unpath(err) })
		moment()
		w.Write([]byte("abcd"))
		wait()
	}
	w.Close()
	for _, f := range []*os.File{r, r2, r3} {
		n, err := f.Read(make([]byte, 10))
		t.Print(n, unpath(err))
	}
	syscall.SetNonblock(int(r.Fd()), false)
}

// Writes of up to PIPE_BUF bytes are not mixed, pipe(7).
func blockingAtomic(t *T) {
	r, w := blockingPipe(t)
	const size, each = 4000, 60
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range each {
				w.WriteString(strings.Repeat(string(rune('a'+i)), size-1) + "\n")
			}
		})
	}
	go func() { wg.Wait(); w.Close() }()
	lines, mixed := 0, 0
	sc := bufio.NewScanner(r)
	for sc.Scan() {
		lines++
		if l := sc.Text(); len(l) != size-1 || strings.Trim(l, l[:1]) != "" {
			mixed++
		}
		if lines%50 == 0 {
			time.Sleep(ms(1))
		}
	}
	t.Print(lines, mixed, sc.Err())
	r.Close()
}

func blockingFifo(t *T) {
	dir, err := os.MkdirTemp("", "fifo")
	t.Must(err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	name := filepath.Join(dir, "f")
	t.Must(syscall.Mkfifo(name, 0o600))
	// open waits for the other end, in both.
	opened := make(chan *os.File)
	go func() {
		fd, err := syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		t.Must(err)
		opened <- os.NewFile(uintptr(fd), "fifo")
	}()
	w, err := os.OpenFile(name, os.O_WRONLY, 0)
	t.Must(err)
	r := <-opened
	wait := t.later("read", func() (any, error) { n, err := r.Read(make([]byte, 10)); return n, unpath(err) })
	moment()
	w.Write([]byte("hello"))
	wait()
	w.Close()
	n, err := r.Read(make([]byte, 10)) // no writer
	t.Print(n, unpath(err))
	w, err = os.OpenFile(name, os.O_WRONLY, 0) // another
	t.Must(err)
	w.Write([]byte("again"))
	n, err = r.Read(make([]byte, 10))
	t.Print(n, unpath(err))
	w.Close()
	r.Close()
}

func blockingClosed(t *T) {
	r, w := blockingPipe(t)
	w.Close()
	r.Close()
	_, err := r.Read(make([]byte, 1))
	t.Print(unpath(err))
	_, err = w.Write(make([]byte, 1))
	t.Print(unpath(err))
	t.Print(unpath(r.Close()))
	// The descriptor is closed behind the file's back.
	r, w = blockingPipe(t)
	w.Write([]byte("a"))
	r.Read(make([]byte, 1))
	kept = append(kept, r)
	syscall.Close(int(r.Fd()))
	_, err = r.Read(make([]byte, 1))
	t.Print(unpath(err))
	w.Close()
}

func blockingStdin(t *T) {
	c := exec.Command(os.Args[0], "stdin-to-stdout")
	in := pattern(1 << 20)
	c.Stdin = strings.NewReader(string(in))
	var out, errs strings.Builder
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	t.Print(err, out.String() == string(in), errs.String())
	// The other end of standard output goes away.
	c = exec.Command(os.Args[0], "stdin-to-stdout")
	c.Stdin = strings.NewReader(string(in))
	stdout, err := c.StdoutPipe()
	t.Must(err)
	t.Must(c.Start())
	io.CopyN(io.Discard, stdout, 1000)
	stdout.Close()
	t.Print(c.Wait())
}

func blockingStdinClosed(t *T) {
	out, err := exec.Command("sh", "-c", "exec "+os.Args[0]+" stdin-to-stdout <&- 2>&1").Output()
	t.Print(string(out), err)
	out, err = exec.Command("sh", "-c", "echo lost | "+os.Args[0]+" stdin-to-stdout 2>&1 >&-").Output()
	t.Print(string(out), err)
}

func blockingDevices(t *T) {
	for _, name := range []string{"/dev/null", "/dev/zero", "/dev/urandom", "/dev/full"} {
		fd, err := syscall.Open(name, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
		t.Must(err)
		f := os.NewFile(uintptr(fd), name)
		n, err := f.Read(make([]byte, 100))
		m, err2 := f.Write(make([]byte, 100))
		t.Print(name, n, unpath(err), m, unpath(err2))
		f.Close()
	}
}

func blockingRegular(t *T) {
	f, err := os.CreateTemp("", "regular")
	t.Must(err)
	defer os.Remove(f.Name())
	fd, err := syscall.Dup(int(f.Fd()))
	t.Must(err)
	g := os.NewFile(uintptr(fd), "g")
	n, err := g.WriteString("hello")
	t.Print(n, err)
	g.Seek(1, io.SeekStart)
	b := make([]byte, 10)
	n, err = g.Read(b)
	t.Print(sum(b[:n]), err)
	n, err = g.Read(b)
	t.Print(n, unpath(err))
	// A deadline that has not passed makes no difference, whether there are deadlines
	// or not.
	if err := g.SetDeadline(time.Now().Add(time.Hour)); err != nil && !errors.Is(err, os.ErrNoDeadline) {
		t.Print(unpath(err))
	}
	n, err = g.WriteAt([]byte("J"), 0)
	t.Print(n, unpath(err))
	n, err = g.ReadAt(b[:3], 0)
	t.Print(sum(b[:n]), unpath(err))
	g.Close()
	f.Close()
}

// The stack of the goroutine moves while others work on the same file.
func blockingMemory(t *T) {
	r, w := blockingPipe(t)
	done := make(chan int)
	for range 4 {
		go func() {
			got := 0
			for deep := 1; ; deep = deep%60 + 1 {
				n, err := readDeep(r, deep)
				got += n
				if err != nil {
					done <- got
					return
				}
			}
		}()
	}
	for i := range 300 {
		w.Write(make([]byte, 50))
		if i%30 == 0 {
			time.Sleep(ms(1))
		}
	}
	w.Close()
	total := 0
	for range 4 {
		total += <-done
	}
	t.Print(total)
	r.Close()
}

func readDeep(r *os.File, deep int) (int, error) {
	var b [300]byte
	if deep > 0 {
		n, err := readDeep(r, deep-1)
		b[0] = 1
		return n, err
	}
	n, err := r.Read(b[:])
	for _, x := range b[:n] {
		if x != 0 {
			panic("wrong byte")
		}
	}
	return n, err
}
