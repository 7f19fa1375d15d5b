//go:build linux

// Guest is the init of a guest in which programs are tested. It prepares what they
// expect of a system, runs the tasks of /tasks.json, says on the console what became
// of each, prints a marker, and powers off. It is compiled by itself, for the guest's
// architecture, from the copy that ziobuild carries.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// A task and a result are those of package runner.
type task struct {
	ID, File  string
	Args, Env []string
	Dir       string
	Timeout   time.Duration
	Alone     bool
}

type result struct {
	ID             string
	Code           int
	Signal         string
	TimedOut       bool
	Stdout, Stderr string
	Seconds        float64
	Lost           string
}

// atOnce is how many tasks run at the same time: most of them mostly wait.
const atOnce = 3

func main() {
	if os.Getpid() != 1 {
		if err := drive(); err != nil {
			say("error", err.Error())
			os.Exit(1)
		}
		return
	}
	if err := prepare(); err != nil {
		say("error", err.Error())
	}
	reap()
	syscall.Sync()
	syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF)
}

// reap starts the driver and collects whatever else becomes init's child, until the
// driver ends.
func reap() {
	cmd := exec.Command("/init")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = []string{"PATH=/bin:/sbin", "HOME=/tmp", "TMPDIR=/tmp", "GOTRACEBACK=all", "USER=root"}
	if err := cmd.Start(); err != nil {
		say("error", err.Error())
		return
	}
	for {
		pid, err := syscall.Wait4(-1, nil, 0, nil)
		if pid == cmd.Process.Pid || err != nil && err != syscall.EINTR {
			return
		}
	}
}

// prepare mounts and starts what programs expect.
func prepare() error {
	os.Chmod("/", 0o755)
	var errs []error
	for _, m := range []struct{ kind, dir, options string }{
		{"proc", "/proc", ""}, {"sysfs", "/sys", ""}, {"devtmpfs", "/dev", ""}, {"tmpfs", "/tmp", "mode=1777"}, {"tmpfs", "/var/tmp", "mode=1777"},
		{"devpts", "/dev/pts", "mode=620,ptmxmode=666"}, {"tmpfs", "/dev/shm", "mode=1777"},
	} {
		os.MkdirAll(m.dir, 0o755)
		if err := syscall.Mount(m.kind, m.dir, m.kind, 0, m.options); err != nil && err != syscall.EBUSY {
			errs = append(errs, fmt.Errorf("mount %s: %w", m.dir, err))
		}
	}
	os.Symlink("/proc/self/fd", "/dev/fd")
	errs = append(errs, syscall.Sethostname([]byte("guest")), loopback())
	limit := syscall.Rlimit{Cur: 65536, Max: 65536}
	errs = append(errs, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
	return errors.Join(errs...)
}

// loopback brings up lo.
func loopback() error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	var req struct {
		name  [16]byte
		flags uint16
		_     [22]byte
	}
	copy(req.name[:], "lo")
	req.flags = syscall.IFF_UP | syscall.IFF_RUNNING
	_, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&req)))
	if e != 0 {
		return fmt.Errorf("lo: %w", e)
	}
	return nil
}

func drive() error {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return err
	}
	say("kernel", fmt.Sprintf("%s %d", strings.TrimSpace(string(release)), os.Getpagesize()))
	data, err := os.ReadFile("/tasks.json")
	if err != nil {
		return err
	}
	var tasks []task
	if err := json.Unmarshal(data, &tasks); err != nil {
		return err
	}
	together := atOnce
	for i := range tasks {
		if tasks[i].Alone {
			together = 1
		}
	}
	queue := make(chan int)
	var wg sync.WaitGroup
	for range together {
		wg.Go(func() {
			for i := range queue {
				report(i, run(&tasks[i]))
			}
		})
	}
	for i := range tasks {
		queue <- i
	}
	close(queue)
	wg.Wait()
	say("done", fmt.Sprint(len(tasks)))
	return nil
}

func run(t *task) *result {
	cmd := exec.Command(t.File, t.Args...)
	cmd.Dir = t.Dir
	cmd.Env = append(os.Environ(), t.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	r := &result{ID: t.ID}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		r.Code, r.Lost = -1, err.Error()
		return r
	}
	ended := make(chan struct{})
	var err error
	go func() { err = cmd.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(t.Timeout):
		r.TimedOut = true
		syscall.Kill(-cmd.Process.Pid, syscall.SIGQUIT)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
		}
	}
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	<-ended
	r.Seconds = time.Since(start).Seconds()
	r.Stdout, r.Stderr = end(stdout.String()), end(stderr.String())
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

func end(s string) string {
	const most = 1 << 20
	return s[max(0, len(s)-most):]
}

var console sync.Mutex

// say writes a line that the host understands. The kernel may write in between: the
// host sees that by the checksum.
func say(kind, text string) {
	console.Lock()
	defer console.Unlock()
	fmt.Printf("\n@zio:%s:%08x:%s\n", kind, crc32.ChecksumIEEE([]byte(kind+text)), text)
}

// report sends a result in pieces.
func report(i int, r *result) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := json.NewEncoder(z).Encode(r); err != nil {
		say("error", err.Error())
		return
	}
	z.Close()
	text := base64.StdEncoding.EncodeToString(b.Bytes())
	const piece = 600
	n := (len(text) + piece - 1) / piece
	for k := range n {
		say("result", fmt.Sprintf("%d %d/%d %s", i, k, n, text[k*piece:min(len(text), (k+1)*piece)]))
	}
}
