package runner

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/zio-go/zio/internal/hang"
)

// local runs programs as processes of this machine, below a command.
type local struct {
	wrap []string // the command in front of the program
	path []string // folders that begin PATH
	env  []string // for each program

	interpreter string // of programs that programs start, see nest
}

// obeyHangup gives programs SIGHUP's default action though this process was started by
// nohup, which they would inherit: some of them expect that a hangup ends a process.
// Who hears a signal does not hand on that it was ignored.
var obeyHangup = sync.OnceFunc(func() {
	if signal.Ignored(syscall.SIGHUP) {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
})

func (l *local) Run(ctx context.Context, tasks []Task, done func(*Result)) error {
	obeyHangup()
	empty, err := os.MkdirTemp("", "ziomatrix")
	if err != nil {
		return err
	}
	defer os.RemoveAll(empty)
	queue, results := make(chan *Task), make(chan *Result)
	go func() {
		defer close(queue)
		for _, t := range tasks {
			if t.Dir == "" {
				t.Dir = empty
			}
			select {
			case queue <- &t:
			case <-ctx.Done():
				return
			}
		}
	}()
	var wg sync.WaitGroup
	for range together(tasks, atOnce) {
		wg.Go(func() {
			for t := range queue {
				results <- l.run(ctx, t)
			}
		})
	}
	go func() { wg.Wait(); close(results) }()
	for r := range results {
		done(r)
	}
	return ctx.Err()
}

// atOnce is how many programs run at the same time: most of them mostly wait.
const atOnce = 4

func (l *local) run(ctx context.Context, t *Task) *Result {
	wrap := l.wrap
	if l.interpreter != "" {
		wrap = nil // the kernel puts it there
	}
	argv := append(append(append([]string{}, wrap...), t.File), t.Args...)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = t.Dir
	cmd.Env = append(append(l.environ(), t.Env...), "PWD="+t.Dir)
	var stdout, stderr tail
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	// A child that survives the program may keep the pipes open.
	cmd.WaitDelay = 5 * time.Second
	hang.Group(cmd)
	r := &Result{ID: t.ID}
	start := time.Now()
	if l.interpreter != "" {
		nest(cmd, l.interpreter)
	}
	if err := cmd.Start(); err != nil {
		r.Code, r.Lost = -1, err.Error()
		return r
	}
	ended := make(chan struct{})
	var err error
	go func() { err = cmd.Wait(); close(ended) }()
	limit := time.NewTimer(t.Timeout)
	defer limit.Stop()
	select {
	case <-ended:
	case <-limit.C:
		r.TimedOut = true
		hang.End(cmd, ended, 15*time.Second)
	case <-ctx.Done():
		r.Lost = "interrupted"
	}
	hang.Kill(cmd) // what it left in its group
	<-ended
	r.Seconds = time.Since(start).Seconds()
	r.Stdout, r.Stderr = stdout.String(), stderr.String()
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
	case errors.As(err, &exit):
		if r.Code = exit.ExitCode(); r.Code < 0 {
			r.Signal = exit.String()
		}
	default:
		r.Code, r.Lost = -1, err.Error()
	}
	return r
}

// environ is this process's environment without what would change how a Go
// program runs or what a nested go command does.
func (l *local) environ() []string {
	var env []string
	path := os.Getenv("PATH")
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if name == "PATH" || strings.HasPrefix(name, "GO") && name != "GOPATH" && name != "GOMODCACHE" && name != "GOPROXY" ||
			strings.HasPrefix(name, "ZIO") {
			continue
		}
		env = append(env, kv)
	}
	list := append(append([]string{}, l.path...), filepath.SplitList(path)...)
	env = append(env, "PATH="+strings.Join(list, string(filepath.ListSeparator)), "GOTRACEBACK=all")
	return append(env, l.env...)
}

// Native runs programs directly. path is put in front of PATH.
type Native struct{ local }

// NewNative returns a runner of programs that this machine's kernel can run.
func NewNative(path ...string) *Native { return &Native{local{path: path}} }

// Check has nothing to look for: a kernel that cannot run a program says so.
func (*Native) Check() error { return nil }

// Version names the kernel.
func (*Native) Version() string { return "kernel " + kernelRelease() }

func kernelRelease() string {
	data, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(data))
}
