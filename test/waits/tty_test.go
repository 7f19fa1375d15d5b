//go:build linux

package waits

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/zio-go/zio/test/internal/zgo"
	"golang.org/x/sys/unix"
)

// A console is the side of a pseudoterminal where a person sits.
type console struct {
	t      *testing.T
	master *os.File
	slave  *os.File

	mu   sync.Mutex
	seen bytes.Buffer
}

func newConsole(t *testing.T) *console {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { master.Close() })
	fd := int(master.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	sfd, err := syscall.Open(fmt.Sprintf("/dev/pts/%d", n), syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_CLOEXEC, 0)
	if err != nil {
		t.Skip(err)
	}
	c := &console{t: t, master: master, slave: os.NewFile(uintptr(sfd), "slave")}
	t.Cleanup(func() { c.slave.Close() })
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			c.mu.Lock()
			c.seen.Write(b[:n])
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return c
}

// start starts a program in a session of its own on the terminal.
func (c *console) start(backend string, path string, args ...string) *exec.Cmd {
	c.t.Helper()
	cmd := exec.Command(path, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.slave, c.slave, c.slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	cmd.Env = append(os.Environ(), "GODEBUG=zio="+backend, "PS1=$ ", "GOTRACEBACK=all")
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); cmd.Process.Kill(); cmd.Wait() })
	return cmd
}

func (c *console) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen.String()
}

// expect waits until the terminal has shown want n times.
func (c *console) expect(want string, n int) {
	c.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if strings.Count(c.text(), want) >= n {
			return
		}
		if time.Now().After(end) {
			c.t.Fatalf("the terminal does not show %q:\n%s", want, c.text())
		}
	}
}

func (c *console) typ(s string) {
	c.t.Helper()
	if _, err := c.master.WriteString(s); err != nil {
		c.t.Fatal(err)
	}
}

// mode is what stty -a would show, and whether the description is non-blocking.
func (c *console) mode() string {
	tio, err := unix.IoctlGetTermios(int(c.slave.Fd()), unix.TCGETS)
	if err != nil {
		c.t.Fatal(err)
	}
	flags, err := unix.FcntlInt(c.slave.Fd(), unix.F_GETFL, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	return fmt.Sprintf("%+v nonblock=%v", *tio, flags&unix.O_NONBLOCK != 0)
}

// A read of a terminal obeys its deadline and holds no thread; what is typed
// after it is not lost, and nobody who shares the terminal notices.
func TestTerminal(t *testing.T) {
	bin := zgo.Patched(t).With("CGO_ENABLED=0").Build(t, "./prog")
	each(t, func(t *testing.T, backend string) {
		c := newConsole(t)
		before := c.mode()
		cmd := c.start(backend, bin, "tty")
		c.expect("asked", 1)
		if m := c.mode(); m != before {
			t.Errorf("the mode changed while it waits:\n%s\n%s", before, m)
		}
		c.expect("timed out", 1)
		c.typ("hello\n")
		c.expect(`read "hello\n" <nil>`, 1)
		c.typ("\x04") // end of file
		c.expect(`read "" EOF`, 1)
		c.expect("done", 1)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v\n%s", err, c.text())
		}
		for _, line := range strings.Split(c.text(), "\n") {
			if strings.Contains(line, "threads") || strings.Contains(line, "read:") {
				t.Error(line)
			}
		}
		if m := c.mode(); m != before {
			t.Errorf("the mode changed:\n%s\n%s", before, m)
		}
	})
}

// A signal that comes while a thread waits for a terminal, or a pipe, does not mean that
// there is something to read: a read then would hold the thread, beyond its deadline.
func TestSignals(t *testing.T) {
	bin := zgo.Patched(t).With("CGO_ENABLED=0").Build(t, "./prog")
	each(t, func(t *testing.T, backend string) {
		c := newConsole(t)
		err := c.start(backend, bin, "signals").Wait()
		c.expect("done\r\n", 1)
		if text := c.text(); err != nil || text != "done\r\n" {
			t.Errorf("%v\n%s", err, text)
		}
	})
}

// Job control: a job that reads the terminal in the background is stopped, goes
// on in the foreground and reads there; a hangup ends it.
func TestJobControl(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip(err)
	}
	bin := zgo.Patched(t).With("CGO_ENABLED=0").Build(t, "./prog")
	each(t, func(t *testing.T, backend string) {
		c := newConsole(t)
		c.start(backend, "bash", "--norc", "--noediting", "-i")
		c.expect("$ ", 1)
		before := c.mode()
		c.typ(bin + " tty &\n")
		c.expect("asked", 1)
		time.Sleep(100 * time.Millisecond)
		c.typ("\n") // the shell tells of its jobs before a prompt
		c.expect("Stopped", 1)
		c.typ("fg\n")
		c.expect("timed out", 1)
		c.typ("typed in the foreground\n")
		c.expect(`read "typed in the foreground\n" <nil>`, 1)
		c.typ("\x1a") // suspend
		c.expect("Stopped", 2)
		c.typ("echo the shell is $((20+22))\n")
		c.expect("the shell is 42", 1)
		c.typ("fg\n")
		time.Sleep(50 * time.Millisecond)
		c.typ("second\n")
		c.expect(`read "second\n" <nil>`, 1)
		c.expect("done", 1)
		if m := c.mode(); m != before {
			t.Errorf("the mode changed:\n%s\n%s", before, m)
		}
	})
}
