//go:build linux

package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Area copy: io.Copy between sockets, files and pipes, which the kernel may do
// by sendfile, splice and copy_file_range, beside ordinary reads and writes of
// the same descriptors.
func init() {
	for _, network := range []string{"tcp4", "tcp6", "unix"} {
		add("copy", "file-to-socket/"+network, func(t *T) { copyFileToSocket(t, network) })
		add("copy", "socket-to-file/"+network, func(t *T) { copySocketToFile(t, network) })
		add("copy", "proxy-from-tcp/"+network, func(t *T) { copyProxy(t, "tcp4", network) })
		add("copy", "proxy-from-unix/"+network, func(t *T) { copyProxy(t, "unix", network) })
		add("copy", "socket-to-pipe/"+network, func(t *T) { copySocketToPipe(t, network) })
		add("copy", "pipe-to-socket/"+network, func(t *T) { copyPipeToSocket(t, network) })
		add("copy", "limited/"+network, func(t *T) { copyLimited(t, network) })
		add("copy", "deadline/"+network, func(t *T) { copyDeadline(t, network) })
		add("copy", "closed/"+network, func(t *T) { copyClosed(t, network) })
	}
	add("copy", "file-to-file", copyFiles)
}

func (t *T) file(content []byte) *os.File {
	f := must(os.CreateTemp("", "zioconf"))
	os.Remove(f.Name())
	t.Cleanup(func() { f.Close() })
	must(f.Write(content))
	must(f.Seek(0, io.SeekStart))
	return f
}

func copyFileToSocket(t *T, network string) {
	for _, n := range []int{0, 10, 5000, 3 << 20} {
		c, s := t.pair(network)
		out := pattern(n)
		f := t.file(out)
		wait := t.later("copy", func() (any, error) {
			c.Write([]byte("head"))
			n, err := io.Copy(c, f)
			c.Write([]byte("tail"))
			c.Close()
			return n, err
		})
		got, err := io.ReadAll(s)
		wait()
		t.Print(string(got) == "head"+string(out)+"tail", err)
	}
}

func copySocketToFile(t *T, network string) {
	c, s := t.pair(network)
	out := pattern(2 << 20)
	go func() {
		c.Write([]byte("head"))
		c.Write(out)
		c.Close()
	}()
	t.read(s, 4)
	f := t.file(nil)
	n, err := io.Copy(f, s)
	t.Print(n, err)
	f.Seek(0, io.SeekStart)
	got, err := io.ReadAll(f)
	t.Print(bytes.Equal(got, out), err)
}

func copyProxy(t *T, from, to string) {
	a, b := t.pair(from)
	c, d := t.pair(to)
	out := pattern(2 << 20)
	wait := t.later("proxy", func() (any, error) {
		n, err := io.Copy(c, b)
		c.(halfCloser).CloseWrite()
		return n, err
	})
	back := t.later("back", func() (any, error) { return io.Copy(b, c) })
	go func() {
		// Small parts with pauses, then large ones.
		for rest := out; len(rest) > 0; {
			n := min(len(rest), 100+len(out)-len(rest))
			a.Write(rest[:n])
			rest = rest[n:]
			if len(out)-len(rest) < 5000 {
				time.Sleep(ms(1))
			}
		}
		a.(halfCloser).CloseWrite()
	}()
	got, err := io.ReadAll(d)
	wait()
	t.Print(bytes.Equal(got, out), err)
	d.Write([]byte("answer"))
	t.read(a, 10)
	d.Close()
	back()
}

func copySocketToPipe(t *T, network string) {
	c, s := t.pair(network)
	r, w := must2(os.Pipe())
	out := pattern(1 << 20)
	go func() {
		c.Write(out)
		c.Close()
	}()
	wait := t.later("copy", func() (any, error) {
		n, err := io.Copy(w, s)
		w.Close()
		return n, err
	})
	got, err := io.ReadAll(r)
	wait()
	t.Print(bytes.Equal(got, out), err)
	r.Close()
}

func copyPipeToSocket(t *T, network string) {
	c, s := t.pair(network)
	r, w := must2(os.Pipe())
	out := pattern(1 << 20)
	go func() {
		w.Write(out)
		w.Close()
	}()
	wait := t.later("copy", func() (any, error) {
		n, err := io.Copy(c, r)
		c.Close()
		return n, err
	})
	got, err := io.ReadAll(s)
	wait()
	t.Print(bytes.Equal(got, out), err)
	r.Close()
}

// copyLimited copies parts, and reads the rest in the ordinary way.
func copyLimited(t *T, network string) {
	a, b := t.pair("tcp4")
	c, d := t.pair(network)
	go a.Write(pattern(1000))
	n, err := io.CopyN(c, b, 300)
	t.Print(n, err)
	t.read(b, 100)
	n, err = io.CopyN(c, b, 500)
	t.Print(n, err)
	t.collect(b, 100, 4096)
	t.collect(d, 800, 4096)
	a.Write([]byte("and more"))
	moment()
	t.read(b, 100)
	a.Close()
	n, err = io.CopyN(c, b, 10)
	t.Print(n, err)
}

func copyDeadline(t *T, network string) {
	a, b := t.pair("tcp4")
	c, d := t.pair(network)
	a.Write([]byte("some"))
	b.SetReadDeadline(time.Now().Add(ms(50)))
	n, err := io.Copy(c, b)
	t.Print(n, err)
	t.read(d, 10)
	b.SetReadDeadline(time.Time{})
	a.Write([]byte("after"))
	t.read(b, 10)
}

func copyClosed(t *T, network string) {
	_, b := t.pair("tcp4")
	c, _ := t.pair(network)
	wait := t.later("copy", func() (any, error) { return io.Copy(c, b) })
	moment()
	b.Close()
	wait()
	_, b = t.pair("tcp4")
	wait = t.later("copy", func() (any, error) { return io.Copy(c, b) })
	moment()
	c.Close()
	b.Close()
	wait()
}

func copyFiles(t *T) {
	dir := must(os.MkdirTemp("", "zioconf"))
	defer os.RemoveAll(dir)
	out := pattern(1 << 20)
	t.Must(os.WriteFile(filepath.Join(dir, "a"), out, 0o666))
	a := must(os.Open(filepath.Join(dir, "a")))
	b := must(os.Create(filepath.Join(dir, "b")))
	n, err := io.Copy(b, a)
	t.Print(n, err)
	t.Print(b.Close(), a.Close())
	got := must(os.ReadFile(filepath.Join(dir, "b")))
	t.Print(bytes.Equal(got, out))
}
