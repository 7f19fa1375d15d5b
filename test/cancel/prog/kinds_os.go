//go:build zio && linux

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"time"

	"github.com/zio-go/zio/internal/disk"
	"golang.org/x/sys/unix"
)

// newTerminal makes a terminal in blocking mode, as a program inherits one, with a
// line discipline that passes every byte.
func newTerminal() (object, error) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	fd := int(master.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		return nil, err
	}
	slave, err := unix.Open(fmt.Sprintf("/dev/pts/%d", n), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	tio, err := unix.IoctlGetTermios(slave, unix.TCGETS)
	if err == nil {
		tio.Iflag, tio.Oflag, tio.Lflag = 0, 0, 0
		tio.Cc[unix.VMIN], tio.Cc[unix.VTIME] = 1, 0
		err = unix.IoctlSetTermios(slave, unix.TCSETS, tio)
	}
	if err != nil {
		return nil, err
	}
	return &stream{r: os.NewFile(uintptr(slave), "terminal"), w: master}, nil
}

// A child is a process that ends when its input does.
type child struct {
	cmd   *exec.Cmd
	input *os.File
	ended int // how many were reaped
	began int
}

func newChild() (object, error) { return &child{}, nil }

func (c *child) allowed(way int) bool { return way != deadline && way != closing }

func (c *child) prepare() error {
	if c.cmd != nil {
		return nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	c.cmd = exec.Command("cat")
	c.cmd.Stdin = r
	c.input = w
	c.began++
	return c.cmd.Start()
}

func (c *child) op() error {
	state, err := c.cmd.Process.Wait()
	if err != nil {
		return err
	}
	if !state.Success() {
		return fmt.Errorf("the child: %v", state)
	}
	c.ended++
	c.cmd = nil
	return nil
}

func (c *child) feed() error                   { return c.input.Close() }
func (c *child) setDeadline(t time.Time) error { return nil }
func (c *child) close() error                  { return nil }

func (c *child) cleanup() {
	if c.cmd != nil {
		c.input.Close()
		if err := c.op(); err != nil {
			fail("child: %v", err)
		}
	}
	if c.began != c.ended {
		fail("%d children were started, %d reaped", c.began, c.ended)
	}
}

// A file is read at random places, past the page cache, or written and synced. The disk
// answers by itself, so data may always come first.
type file struct {
	*os.File
	sync bool
	buf  []byte
	ends bool // an operation has ended without data: the buffer is ours
}

const (
	fileBlocks = 64
	fileBlock  = 64 << 10
)

func newFile() (object, error) { return openFile(false) }
func newSync() (object, error) { return openFile(true) }

func openFile(sync bool) (object, error) {
	tmp, err := os.CreateTemp("", "zio-cancel-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(tmp.Name())
	for i := range fileBlocks {
		if _, err := tmp.Write(bytes.Repeat([]byte{byte(i)}, fileBlock)); err != nil {
			return nil, err
		}
	}
	f := &file{File: tmp, sync: sync, buf: disk.Aligned(fileBlock)}
	if sync {
		return f, nil
	}
	defer tmp.Close()
	if err := tmp.Sync(); err != nil {
		return nil, err
	}
	if f.File, err = os.OpenFile(tmp.Name(), os.O_RDONLY|unix.O_DIRECT, 0); err != nil {
		// Not on this file system: what is not in the page cache is read.
		if f.File, err = os.Open(tmp.Name()); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f *file) byItself() {}

// prepare checks that an operation that failed has left the buffer to us for good.
func (f *file) prepare() error {
	if f.ends && bytes.Count(f.buf, mark) != len(f.buf) {
		return fmt.Errorf("the buffer of a read that had ended was written")
	}
	f.ends = false
	if !f.sync {
		return disk.Forget(f.File)
	}
	return nil
}

var mark = []byte{0xee}

func (f *file) op() error {
	if f.sync {
		if _, err := f.WriteAt(f.buf[:512], 0); err != nil {
			return err
		}
		return f.Sync()
	}
	i := rand.IntN(fileBlocks)
	n, err := f.ReadAt(f.buf, int64(i)*fileBlock)
	if err != nil {
		for j := range f.buf {
			f.buf[j] = mark[0]
		}
		f.ends = true
		return err
	}
	f.ends = false
	if n != fileBlock || bytes.Count(f.buf, []byte{byte(i)}) != n {
		return fmt.Errorf("block %d: read %d bytes, %d are its own", i, n, bytes.Count(f.buf[:n], []byte{byte(i)}))
	}
	return nil
}

func (f *file) feed() error  { return nil }
func (f *file) close() error { return f.Close() }
func (f *file) cleanup()     { f.Close() }

func (f *file) setDeadline(t time.Time) error {
	// Without the submission core there are none.
	f.SetDeadline(t)
	return nil
}
