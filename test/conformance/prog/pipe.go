//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Area pipe: pipes and named pipes, which os.File reads by the poller.
func init() {
	add("pipe", "bytes", pipeBytes)
	add("pipe", "deadline", pipeDeadline)
	add("pipe", "eof", pipeEOF)
	add("pipe", "broken", pipeBroken)
	add("pipe", "fifo", pipeFifo)
	add("pipe", "fd-blocking", pipeBlocking)
	add("pipe", "rawconn", pipeRaw)
	add("pipe", "many", pipeMany)
}

func pipeBytes(t *T) {
	r, w := must2(os.Pipe())
	out := pattern(1 << 20)
	wait := t.later("write", func() (any, error) {
		n, err := w.Write(out)
		w.Close()
		return n, err
	})
	got, err := io.ReadAll(r)
	wait()
	t.Print(string(got) == string(out), err)
	r.Close()
}

func pipeDeadline(t *T) {
	r, w := must2(os.Pipe())
	defer r.Close()
	defer w.Close()
	r.SetReadDeadline(time.Now().Add(ms(20)))
	n, err := r.Read(make([]byte, 10))
	t.Print("read:", n, unpath(err))
	r.SetReadDeadline(time.Time{})
	wait := t.later("read", func() (any, error) { n, err := r.Read(make([]byte, 10)); return n, unpath(err) })
	moment()
	r.SetReadDeadline(time.Unix(1, 0))
	wait()
	r.SetReadDeadline(time.Time{})
	w.SetWriteDeadline(time.Now().Add(ms(20)))
	n, err = w.Write(make([]byte, 1<<20))
	t.Print("write: some:", n > 0 && n < 1<<20, unpath(err))
	m, err := io.CopyN(io.Discard, r, int64(n))
	t.Print(int(m) == n, err)
}

func pipeEOF(t *T) {
	r, w := must2(os.Pipe())
	w.Write([]byte("last"))
	w.Close()
	for range 3 {
		b := make([]byte, 10)
		n, err := r.Read(b)
		t.Print("read:", sum(b[:n]), err)
	}
	r.Close()
	r, w = must2(os.Pipe())
	wait := t.later("read", func() (any, error) { n, err := r.Read(make([]byte, 10)); return n, err })
	moment()
	w.Close()
	wait()
	r.Close()
}

func pipeBroken(t *T) {
	r, w := must2(os.Pipe())
	wait := t.later("write", func() (any, error) { _, err := w.Write(make([]byte, 1<<20)); return nil, unpath(err) })
	moment()
	r.Close()
	wait()
	_, err := w.Write([]byte("x"))
	t.Print(unpath(err))
	w.Close()
	_, err = w.Write([]byte("x"))
	t.Print(unpath(err))
}

func pipeFifo(t *T) {
	dir := must(os.MkdirTemp("", "zioconf"))
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "fifo")
	t.Must(syscall.Mkfifo(name, 0o600))
	wait := t.later("writer", func() (any, error) {
		w := must(os.OpenFile(name, os.O_WRONLY, 0))
		defer w.Close()
		moment()
		return w.Write([]byte("through the fifo"))
	})
	r := must(os.Open(name))
	b := make([]byte, 100)
	n, err := r.Read(b)
	t.Print("read:", sum(b[:n]), err)
	wait()
	n, err = r.Read(b)
	t.Print("read:", n, err)
	r.Close()

	r = must(os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0))
	w := must(os.OpenFile(name, os.O_WRONLY|syscall.O_NONBLOCK, 0))
	r.SetReadDeadline(time.Now().Add(ms(20)))
	n, err = r.Read(b)
	t.Print("read:", n, unpath(err))
	r.SetReadDeadline(time.Time{})
	w.Write([]byte("again"))
	n, err = r.Read(b)
	t.Print("read:", sum(b[:n]), err)
	r.Close()
	w.Close()
}

// pipeBlocking puts a pipe in blocking mode, as Fd once did and a child does.
func pipeBlocking(t *T) {
	r, w := must2(os.Pipe())
	r.Fd()
	t.Print("deadline:", unpath(r.SetReadDeadline(time.Now())))
	wait := t.later("read", func() (any, error) { n, err := r.Read(make([]byte, 10)); return n, err })
	moment()
	w.Write([]byte("abc"))
	wait()
	w.Close()
	n, err := r.Read(make([]byte, 10))
	t.Print(n, err)
	r.Close()
}

func pipeRaw(t *T) {
	r, w := must2(os.Pipe())
	rc := must(r.SyscallConn())
	b := make([]byte, 100)
	wait := t.later("raw read", func() (any, error) {
		n := 0
		err := rc.Read(func(fd uintptr) bool {
			var err error
			n, err = syscall.Read(int(fd), b)
			return err != syscall.EAGAIN
		})
		return sum(b[:max(n, 0)]), err
	})
	moment()
	w.Write([]byte("raw"))
	wait()
	w.Write([]byte("not raw"))
	n, err := r.Read(b)
	t.Print(sum(b[:n]), err)
	r.Close()
	w.Close()
}

func pipeMany(t *T) {
	const n = 100
	done := make(chan string, n)
	for i := range n {
		r, w := must2(os.Pipe())
		go func() {
			b := make([]byte, 10)
			m, _ := r.Read(b)
			r.Close()
			done <- string(b[:m])
		}()
		go func() {
			fmt.Fprintf(w, "%d", i)
			w.Close()
		}()
	}
	total := 0
	for range n {
		x := 0
		fmt.Sscan(<-done, &x)
		total += x
	}
	t.Print(total)
}
