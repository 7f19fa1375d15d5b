//go:build linux

package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/zio-go/zio/internal/disk"
)

// Area files: regular files, whose reads at an offset may be in flight.
func init() {
	add("files", "offsets", filesOffsets)
	add("files", "cold", filesCold)
	add("files", "direct", filesDirect)
	add("files", "misaligned", filesMisaligned)
	add("files", "sparse", filesSparse)
	add("files", "truncated", filesTruncated)
	add("files", "modes", filesModes)
	add("files", "special", filesSpecial)
	add("files", "closed", filesClosed)
	add("files", "closing", filesClosing)
	add("files", "locked", filesLocked)
	add("files", "mapped", filesMapped)
	add("files", "position", filesPosition)
	add("files", "deadline", filesDeadline)
}

// onDisk returns a file with content that is not in the page cache, opened with
// flags beside O_RDWR. /tmp may be memory, /var/tmp is on a disk.
func (t *T) onDisk(content []byte, flags int) *os.File {
	dir, err := os.MkdirTemp("/var/tmp", "files")
	t.Must(err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	name := filepath.Join(dir, "f")
	t.Must(os.WriteFile(name, content, 0o600))
	f, err := os.OpenFile(name, os.O_RDWR|flags, 0)
	if errors.Is(err, syscall.EINVAL) {
		t.Skip("no O_DIRECT on this file system")
	}
	t.Must(err)
	t.Cleanup(func() { f.Close() })
	t.Must(f.Sync())
	disk.Forget(f)
	return f
}

func filesOffsets(t *T) {
	content := pattern(100_000)
	f := t.onDisk(content, 0)
	for _, c := range []struct {
		off int64
		n   int
	}{
		{0, 1}, {0, 0}, {0, 100_000}, {0, 100_001}, {99_999, 1}, {99_999, 2}, {100_000, 1}, {100_001, 1},
		{1 << 40, 1}, {50_000, 70_000}, {4096, 4096}, {4095, 2}, {-1, 1}, {100_000, 0},
	} {
		b := make([]byte, c.n)
		n, err := f.ReadAt(b, c.off)
		t.Print(c.off, c.n, n, unpath(err), sum(b[:n]))
	}
	s := io.NewSectionReader(f, 10, 99_000)
	b, err := io.ReadAll(s)
	t.Print(len(b), err, string(b) == string(content[10:99_010]))
}

func filesCold(t *T) {
	const pages = 512
	content := pattern(pages * 4096)
	f := t.onDisk(content, 0)
	var wg sync.WaitGroup
	for g := range 64 {
		wg.Go(func() {
			var b [4096 + 100]byte // on the stack
			for i := range 40 {
				p := (g*37 + i*101) % (pages - 1)
				if n, err := f.ReadAt(b[:], int64(p)*4096); n != len(b) || err != nil || string(b[:]) != string(content[p*4096:p*4096+len(b)]) {
					t.Print("page", p, n, err)
				}
			}
		})
	}
	wg.Wait()
	t.Print("done")
}

func filesDirect(t *T) {
	const pages = 256
	content := pattern(pages * 4096)
	f := t.onDisk(content, syscall.O_DIRECT)
	var wg sync.WaitGroup
	for g := range 32 {
		wg.Go(func() {
			b := disk.Aligned(8192)
			for i := range 20 {
				p := (g*37 + i*101) % pages
				want := content[p*4096 : min((p+2)*4096, len(content))]
				n, err := f.ReadAt(b, int64(p)*4096)
				if n != len(want) || string(b[:n]) != string(want) || (err == io.EOF) != (n < len(b)) {
					t.Print("page", p, n, err)
				}
			}
		})
	}
	wg.Wait()
	for g := range 32 {
		wg.Go(func() {
			b := disk.Aligned(4096)
			for i := range b {
				b[i] = byte(g)
			}
			if n, err := f.WriteAt(b, int64(g)*8*4096); n != len(b) || err != nil {
				t.Print("write", g, n, err)
			}
		})
	}
	wg.Wait()
	b, err := os.ReadFile(f.Name())
	t.Print(len(b), err, sum(b))
	n, err := f.ReadAt(disk.Aligned(4096), pages*4096)
	t.Print(n, err)
}

func filesMisaligned(t *T) {
	f := t.onDisk(pattern(10_000), syscall.O_DIRECT)
	for _, c := range []struct{ skip, n, off int }{{1, 4096, 0}, {0, 4095, 0}, {0, 4096, 1}, {0, 4096, 8192}, {0, 8192, 4096}} {
		n, err := f.ReadAt(disk.Aligned(16384)[c.skip:c.skip+c.n], int64(c.off))
		t.Print(c, n, unpath(err))
		n, err = f.WriteAt(disk.Aligned(16384)[c.skip:c.skip+c.n], int64(c.off))
		t.Print(c, n, unpath(err))
	}
}

func filesSparse(t *T) {
	f := t.onDisk(nil, 0)
	t.Must(f.Truncate(1 << 40))
	n, err := f.WriteAt([]byte("end"), 1<<40-3)
	t.Print(n, err)
	disk.Forget(f)
	b := make([]byte, 8192)
	for _, off := range []int64{0, 1 << 39, 1<<40 - 8192, 1<<40 - 3, 1 << 40} {
		n, err := f.ReadAt(b, off)
		t.Print(off, n, err, sum(b[:n]))
	}
}

func filesTruncated(t *T) {
	f := t.onDisk(pattern(50_000), 0)
	b := make([]byte, 20_000)
	n, err := f.ReadAt(b, 40_000)
	t.Print(n, err)
	t.Must(f.Truncate(45_000))
	n, err = f.ReadAt(b, 40_000)
	t.Print(n, err, sum(b[:n]))
	t.Must(f.Truncate(0))
	n, err = f.ReadAt(b, 40_000)
	t.Print(n, err)
}

func filesModes(t *T) {
	f := t.onDisk(pattern(5000), 0)
	b := make([]byte, 100)
	r, err := os.Open(f.Name())
	t.Must(err)
	n, err := r.WriteAt(b, 0)
	t.Print(n, unpath(err))
	w, err := os.OpenFile(f.Name(), os.O_WRONLY, 0)
	t.Must(err)
	n, err = w.ReadAt(b, 0)
	t.Print(n, unpath(err))
	a, err := os.OpenFile(f.Name(), os.O_RDWR|os.O_APPEND, 0)
	t.Must(err)
	n, err = a.WriteAt(b, 0)
	t.Print(n, err)
	n, err = a.ReadAt(b, 4990)
	t.Print(n, err)
	r.Close()
	w.Close()
	a.Close()
}

func filesSpecial(t *T) {
	b := make([]byte, 64)
	for _, name := range []string{"/", "/proc/self/comm", "/proc/sys/kernel/ostype", "/dev/zero", "/dev/null", "/proc/self/environ"} {
		f, err := os.Open(name)
		if err != nil {
			t.Print(name, err)
			continue
		}
		for _, off := range []int64{0, 3, 1 << 20} {
			n, err := f.ReadAt(b, off)
			t.Print(name, off, n, unpath(err))
		}
		f.Close()
	}
	fd, err := unix.MemfdCreate("x", unix.MFD_CLOEXEC)
	t.Must(err)
	m := os.NewFile(uintptr(fd), "m")
	m.Write(pattern(9000))
	n, err := m.ReadAt(b, 8990)
	t.Print(n, err, sum(b[:n]))
	m.Close()
}

func filesClosed(t *T) {
	f := t.onDisk(pattern(5000), 0)
	f.ReadAt(make([]byte, 10), 0)
	t.Must(f.Close())
	n, err := f.ReadAt(make([]byte, 10), 0)
	t.Print(n, unpath(err))
	n, err = f.WriteAt(make([]byte, 10), 0)
	t.Print(n, unpath(err))
}

// Close in the middle of reads: each has its bytes or finds the file closed.
func filesClosing(t *T) {
	content := pattern(256 * 4096)
	for range 20 {
		f := t.onDisk(content, 0)
		var wg sync.WaitGroup
		for g := range 16 {
			wg.Go(func() {
				b := make([]byte, 4096)
				for i := range 200 {
					p := (g*37 + i*101) % 256
					n, err := f.ReadAt(b, int64(p)*4096)
					if errors.Is(err, os.ErrClosed) && n == 0 {
						return
					}
					if n != len(b) || err != nil || string(b) != string(content[p*4096:(p+1)*4096]) {
						t.Print("page", p, n, err)
					}
				}
			})
		}
		runtime.Gosched()
		t.Must(f.Close())
		wg.Wait()
	}
	t.Print("done")
}

func filesLocked(t *T) {
	f := t.onDisk(pattern(100_000), 0)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			runtime.LockOSThread()
			b := make([]byte, 1000)
			if n, err := f.ReadAt(b, int64(i)*12_000); n != 1000 || err != nil {
				t.Print(n, err)
			}
			if i%2 == 0 {
				runtime.UnlockOSThread()
			}
		})
	}
	wg.Wait()
	t.Print("done")
}

// A buffer that is not in the heap.
func filesMapped(t *T) {
	content := pattern(64 << 10)
	f := t.onDisk(content, 0)
	m, err := unix.Mmap(-1, 0, len(content), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	t.Must(err)
	n, err := f.ReadAt(m, 0)
	t.Print(n, err, string(m) == string(content))
	t.Must(unix.Mprotect(m, unix.PROT_READ))
	n, err = f.ReadAt(m, 0)
	t.Print(n, unpath(err))
	unix.Munmap(m)
}

// ReadAt leaves the position where it is.
func filesPosition(t *T) {
	f := t.onDisk(pattern(10_000), 0)
	b := make([]byte, 1000)
	for i := range 5 {
		n, err := f.Read(b)
		m, err2 := f.ReadAt(b[:500], int64(i)*1999)
		pos, err3 := f.Seek(0, io.SeekCurrent)
		t.Print(n, err, m, err2, pos, err3)
	}
}

// A deadline that does not pass changes nothing. Upstream has none.
func filesDeadline(t *T) {
	f := t.onDisk(pattern(10_000), 0)
	f.SetDeadline(time.Now().Add(time.Hour))
	b := make([]byte, 1000)
	n, err := f.ReadAt(b, 5000)
	t.Print(n, err, sum(b))
	n, err = f.WriteAt(b, 9900)
	t.Print(n, err, unpath(f.Sync()))
	n, err = f.Read(b)
	t.Print(n, err)
	n, err = f.Write(b)
	t.Print(n, err)
	st, err := f.Stat()
	t.Must(err)
	t.Print(st.Size(), unpath(f.Truncate(10)))
}
