package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/zio-go/zio/cmd/ziobuild/internal/kernel"
	"github.com/zio-go/zio/cmd/ziobuild/internal/ports"
	"github.com/zio-go/zio/internal/hang"
)

// QEMUSystem runs programs in a guest with a kernel of its own: where io_uring can
// be used whatever this machine's kernel is.
type QEMUSystem struct {
	Guest ports.Guest
	Store *kernel.Store
	// BuildInit compiles the init, a file of package main, for the guest.
	BuildInit func(ctx context.Context, source, to string) error
	Dir       string // for what is made
	Logs      string // folder for the console of a guest that did not come to its end; "" for none

	release, page string
}

// Limits of a guest.
const (
	bootLimit = 4 * time.Minute // until its init speaks
	batchSize = 80 << 20        // bytes of programs in one guest's memory
)

func (q *QEMUSystem) machine() ports.Machine { return ports.Machines[q.Guest.Machine] }

func (q *QEMUSystem) tool() string { return "qemu-system-" + q.machine().QEMU }

// Check looks for QEMU, and for what fetches kernels.
func (q *QEMUSystem) Check() error {
	for _, tool := range append([]string{q.tool()}, kernel.Tools...) {
		if _, err := exec.LookPath(tool); err != nil {
			return &Missing{tool, "scripts/emulators.sh installs it"}
		}
	}
	return nil
}

// Version names QEMU and the guest's kernel.
func (q *QEMUSystem) Version() string {
	return fmt.Sprintf("%s %s, kernel %s, pages of %s bytes", q.tool(), toolVersion(q.tool(), "--version"), q.release, q.page)
}

// Run starts guests until every task was in one. A guest that ends before its tasks
// have leaves them without a result.
func (q *QEMUSystem) Run(ctx context.Context, tasks []Task, done func(*Result)) error {
	k := ports.Kernels[q.Guest.Kernel]
	img, err := q.Store.Kernel(ctx, k)
	if err != nil {
		return &Missing{"kernel " + q.Guest.Name(), err.Error()}
	}
	busybox, err := q.Store.Busybox(ctx, k)
	if err != nil {
		return &Missing{"busybox for " + q.Guest.Name(), err.Error()}
	}
	init := filepath.Join(q.Dir, "init")
	if err := os.MkdirAll(q.Dir, 0o755); err != nil {
		return err
	}
	src := filepath.Join(q.Dir, "init.go")
	if err := os.WriteFile(src, kernel.Init, 0o644); err != nil {
		return err
	}
	if err := q.BuildInit(ctx, src, init); err != nil {
		return fmt.Errorf("the guest's init: %w", err)
	}
	q.release = img.Release
	var failed error
	for len(tasks) > 0 {
		n := batch(tasks)
		ramfs := filepath.Join(q.Dir, "initramfs")
		if err := writeInitramfs(ramfs, init, busybox, tasks[:n]); err != nil {
			return err
		}
		if err := q.boot(ctx, img, ramfs, tasks[:n], done); err != nil {
			failed = err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		tasks = tasks[n:]
	}
	return failed
}

// batch returns how many of the tasks fit into a guest.
func batch(tasks []Task) int {
	files := map[string]bool{}
	var size int64
	for i, t := range tasks {
		if files[t.File] {
			continue
		}
		files[t.File] = true
		if fi, err := os.Stat(t.File); err == nil {
			size += fi.Size()
		}
		if size > batchSize && i > 0 {
			return i
		}
	}
	return len(tasks)
}

// writeInitramfs writes an archive with the tasks and the programs that they run.
func writeInitramfs(name, init, busybox string, tasks []Task) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	a := kernel.NewArchive(f)
	a.System(init, busybox)
	files, dirs := map[string]string{}, map[string]string{}
	var inside []Task
	for _, t := range tasks {
		if files[t.File] == "" {
			files[t.File] = fmt.Sprintf("/p/%d/%s", len(files), path.Base(t.File))
			a.Copy(files[t.File], 0o755, t.File)
		}
		if dirs[t.Dir] == "" {
			dirs[t.Dir] = addDir(a, fmt.Sprintf("/d/%d", len(dirs)), t.Dir)
		}
		t.File, t.Dir = files[t.File], dirs[t.Dir]
		inside = append(inside, t)
	}
	data, err := json.Marshal(inside)
	if err != nil {
		return err
	}
	a.File("tasks.json", 0o644, data)
	if err := a.Close(); err != nil {
		return err
	}
	return f.Close()
}

// addDir adds the folder in which tasks run below the folder name, and returns what it
// is called in the guest. Some of Go's tests use the files beside theirs.
func addDir(a *kernel.Archive, name, dir string) string {
	if dir == "" {
		a.Dir(name, 0o755)
		return name
	}
	if beside := filepath.Join(filepath.Dir(dir), "testdata"); beside != dir {
		if fi, err := os.Stat(beside); err == nil && fi.IsDir() {
			a.Tree(name+"/testdata", beside)
		}
	}
	inside := name + "/" + filepath.Base(dir)
	a.Tree(inside, dir)
	return inside
}

// boot runs a guest until it powers off, or says nothing for too long.
func (q *QEMUSystem) boot(ctx context.Context, img *kernel.Image, ramfs string, tasks []Task, done func(*Result)) error {
	m := q.machine()
	args := append(append([]string{}, m.Args...),
		"-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot", "-net", "none",
		"-kernel", img.File, "-initrd", ramfs,
		"-append", strings.TrimSpace("console="+m.Console+" loglevel=3 panic=-1 rdinit=/init "+m.Append))
	cmd := exec.Command(q.tool(), args...)
	hang.Group(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	var stderr tail
	cmd.Stderr = &stderr
	// QEMU ends its serial line when its input ends.
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	defer in.Close()
	if err := cmd.Start(); err != nil {
		return err
	}
	limit := silence(tasks)
	watch := time.AfterFunc(bootLimit, func() { hang.Kill(cmd) })
	stop := context.AfterFunc(ctx, func() { hang.Kill(cmd) })
	defer stop()
	var c kernel.Console
	got := 0
	readErr := c.Read(out, func(i int, d *json.Decoder) error {
		r := new(Result)
		if err := d.Decode(r); err != nil {
			return err
		}
		if i < 0 || i >= len(tasks) || tasks[i].ID != r.ID {
			return fmt.Errorf("a result of no task: %d %s", i, r.ID)
		}
		got++
		done(r)
		return nil
	}, func() {
		switch {
		case c.Tasks != "": // it is about to power off
			watch.Reset(15 * time.Second)
		case c.Kernel != "":
			watch.Reset(limit)
		}
	})
	if readErr != nil {
		hang.Kill(cmd)
	}
	waitErr := cmd.Wait()
	watch.Stop()
	if c.Kernel != "" {
		q.release, q.page = c.Kernel, c.Page
	}
	switch {
	case readErr != nil:
		err = readErr
	case c.Kernel == "":
		err = errors.New("its init did not start")
	case c.Tasks != strconv.Itoa(len(tasks)):
		err = fmt.Errorf("it ended without its completion marker, with %d of %d results", got, len(tasks))
	case got != len(tasks):
		err = fmt.Errorf("only %d of %d results came through", got, len(tasks))
	case len(c.Errors) > 0:
		err = errors.New(strings.Join(c.Errors, "; "))
	default:
		return nil
	}
	err = fmt.Errorf("guest %s: %w", q.Guest.Name(), err)
	if q.Logs != "" {
		name := filepath.Join(q.Logs, "guest-"+q.Guest.Name()+".console")
		text := fmt.Sprintf("%v\n%s %q: %v\n%s\n%s\n%s\n", err, q.tool(), args, waitErr, stderr.String(), strings.Join(c.Errors, "\n"), c.Tail())
		if os.WriteFile(name, []byte(text), 0o644) == nil {
			err = fmt.Errorf("%w; %s has its last words", err, name)
		}
	}
	return err
}

// silence is how long a guest may say nothing: no longer than its longest task takes.
func silence(tasks []Task) time.Duration {
	var most time.Duration
	for _, t := range tasks {
		most = max(most, t.Timeout)
	}
	return most + 2*time.Minute
}
