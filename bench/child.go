package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/zio-go/zio/bench/internal/wire"
	"github.com/zio-go/zio/internal/hang"
)

// child is a process with a bound on everything that is waited for.
type child struct {
	cmd    *exec.Cmd
	lines  chan string // its stdout; closed at the end of it
	stderr tail
	done   chan struct{}
	err    error // of Wait, once done is closed
}

// tail keeps the end of what is written to it: a dump of a thousand goroutines
// begins with the reason, so the head is kept, too.
type tail struct {
	mu        sync.Mutex
	head, end bytes.Buffer
}

const tailSize = 1 << 20

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.head.Len() < tailSize {
		t.head.Write(p)
		return len(p), nil
	}
	if t.end.Write(p); t.end.Len() > 2*tailSize {
		t.end.Next(t.end.Len() - tailSize)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.head.String() + t.end.String()
}

func start(bin string, args, env []string, stdin ...*os.File) (*child, error) {
	c := &child{cmd: exec.Command(bin, args...), lines: make(chan string, 16), done: make(chan struct{})}
	c.cmd.Env = env
	c.cmd.Stderr = &c.stderr
	if len(stdin) > 0 {
		c.cmd.Stdin = stdin[0]
	}
	// A runner that is killed leaves nothing behind. This belongs to the
	// thread that starts the child: main is locked to its own.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		in := bufio.NewScanner(out)
		for in.Scan() {
			c.lines <- in.Text()
		}
		close(c.lines)
		c.err = c.cmd.Wait()
		close(c.done)
	}()
	return c, nil
}

// line waits for the child's next line of JSON.
func (c *child) line(v any, d time.Duration) error {
	select {
	case l, ok := <-c.lines:
		if !ok {
			c.wait(time.Second)
			return fmt.Errorf("%s ended without a line: %v\n%s", c.cmd.Path, c.err, c.stderr.String())
		}
		if err := json.Unmarshal([]byte(l), v); err != nil {
			return fmt.Errorf("%s: %q: %w", c.cmd.Path, l, err)
		}
		return nil
	case <-time.After(d):
		return c.hung(fmt.Sprintf("no line within %v", d))
	}
}

func (c *child) wait(d time.Duration) bool {
	select {
	case <-c.done:
		return true
	case <-time.After(d):
		return false
	}
}

// stop asks a server for its final line and waits for its end.
func (c *child) stop() (wire.Final, error) {
	var f wire.Final
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return f, fmt.Errorf("%s: %w\n%s", c.cmd.Path, err, c.stderr.String())
	}
	if err := c.line(&f, 20*time.Second); err != nil {
		return f, err
	}
	if !c.wait(20 * time.Second) {
		return f, c.hung("did not exit")
	}
	return f, c.err
}

// kill ends the child whatever it does.
func (c *child) kill() {
	select {
	case <-c.done:
	default:
		c.cmd.Process.Kill()
		for range c.lines { // or Wait would wait for who writes to it
		}
		<-c.done
	}
}

// hung makes the child show its stacks and ends it.
func (c *child) hung(why string) error {
	hang.End(c.cmd, c.done, 10*time.Second)
	c.kill()
	return fmt.Errorf("%s: %s; SIGQUIT gave:\n%s", c.cmd.Path, why, c.stderr.String())
}

// environ is the runner's own environment without what a measurement sets.
func environ(set ...string) []string {
	var env []string
	for _, e := range os.Environ() {
		switch k, _, _ := strings.Cut(e, "="); k {
		case "GODEBUG", "GOMAXPROCS", "GOGC", "GOMEMLIMIT", "GOTRACEBACK":
		default:
			env = append(env, e)
		}
	}
	return append(env, set...)
}
