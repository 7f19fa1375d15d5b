package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/zio-go/zio/cmd/ziobuild/internal/kernel"
	"github.com/zio-go/zio/cmd/ziobuild/internal/matrix"
	"github.com/zio-go/zio/cmd/ziobuild/internal/ports"
	"github.com/zio-go/zio/cmd/ziobuild/internal/runner"
)

// matrix tests the patched toolchain on every port that something here can run.
func (a *app) matrix(args []string) error {
	fs := flags("matrix")
	var f matrix.Filter
	fs.StringVar(&f.Run, "run", "", "")
	fs.StringVar(&f.Runner, "runner", "", "")
	fs.StringVar(&f.Kernel, "kernel", "", "")
	fs.BoolVar(&f.Short, "short", false, "")
	list := fs.Bool("n", false, "")
	github := fs.Bool("github", false, "")
	report := fs.String("json", "", "")
	logs := fs.String("logs", "", "")
	tests := fs.String("tests", "", "")
	fresh := fs.Bool("fresh", false, "")
	workers := fs.Int("j", runtime.NumCPU(), "")
	if err := parse(fs, args, -1); err != nil {
		return err
	}
	if err := f.Check(); err != nil {
		return usageError("matrix: " + err.Error())
	}
	if _, err := regexp.Compile(*tests); err != nil || *tests != "" && fs.NArg() == 0 {
		return usageError("matrix: -tests is a pattern, as that of go test -run, for the packages that are named behind it")
	}
	f.Host = hostPort(a.platform)
	jobs := matrix.Plan(f)
	if len(jobs) == 0 {
		return usageError("matrix: nothing matches; 'ziobuild matrix -n' lists all jobs")
	}
	units := func(j *matrix.Job) []matrix.Unit { return matrix.Units(j, fs.Args(), f.Short) }
	switch {
	case *github:
		return matrix.WriteGitHub(a.stdout, jobs)
	case *list:
		matrix.WritePlan(a.stdout, jobs, units)
		return nil
	}
	o := &matrix.Options{Packages: fs.Args(), Tests: *tests, Short: f.Short, Workers: *workers, Logs: *logs, Host: f.Host}
	if !*fresh {
		cache, err := a.cache()
		if err != nil {
			return err
		}
		o.Remember = filepath.Join(cache.Dir, "matrix")
	}
	return a.runMatrix(o, jobs, *report)
}

// hostPort turns GOOS-GOARCH into GOOS/GOARCH.
func hostPort(platform string) string { return strings.Replace(platform, "-", "/", 1) }

// runMatrix runs jobs, and writes the report to a file if it is named.
func (a *app) runMatrix(o *matrix.Options, jobs []*matrix.Job, file string) (err error) {
	start := time.Now()
	if err := a.matrixSides(o); err != nil {
		return err
	}
	if o.Dir, err = matrixDir(len(o.Packages) > 0); err != nil {
		return err
	}
	if o.Logs, err = logFolder(o.Logs); err != nil {
		return err
	}
	defer os.Remove(o.Logs) // if nothing was written
	tmp, err := os.MkdirTemp("", "ziomatrix")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	o.HostRing = childProbe().Call == ""
	o.NewRunner = func(j *matrix.Job) runner.Runner { return a.newRunner(o, j, tmp) }
	o.Show = a.matrixShow()
	o.Debugf = debugf

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	rep, err := o.Run(ctx, jobs)
	if err != nil {
		return err
	}
	in, err := a.inputs()
	if err != nil {
		return err
	}
	rep.Key, rep.Rev, rep.Base = in.Key(), in.Rev(), in.Pin.Release
	rep.Seconds = time.Since(start).Seconds()
	rep.Print(a.stdout)
	if file != "" {
		data, err := json.MarshalIndent(rep, "", "\t")
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, append(data, '\n'), 0o644); err != nil {
			return err
		}
	}
	if err := rep.OK(); err != nil {
		fmt.Fprintf(a.stderr, "ziobuild: matrix: %v\n", err)
		if err == matrix.ErrNothing {
			return exitCode(3)
		}
		return exitCode(1)
	}
	return nil
}

// matrixDir is where packages are named from: the checkout, whose programs are tested
// if no packages are named.
func matrixDir(named bool) (string, error) {
	if named {
		return os.Getwd()
	}
	dir, err := findCheckout()
	if err != nil {
		return "", usageError("matrix runs the programs of a checkout of github.com/zio-go/zio: change to one first, or name packages to test")
	}
	return dir, nil
}

// logFolder makes the folder for the output of what fails.
func logFolder(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "ziomatrix-logs-")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o755)
}

// matrixSides finds the two toolchains. What would make either differ from what its
// name says is not in their environment.
func (a *app) matrixSides(o *matrix.Options) error {
	root, env, err := a.goEnv()
	if err != nil {
		return err
	}
	in, err := a.inputs()
	if err != nil {
		return err
	}
	goCmd, err := a.bootstrap()
	if err != nil {
		return err
	}
	drop := append([]string{"GOFLAGS", "GODEBUG", "GOEXPERIMENT", "GOTRACEBACK", "GOMAXPROCS", "GOWORK", "CGO_ENABLED"}, ports.DropEnv()...)
	o.ZioSide = &matrix.Side{Name: matrix.Zio, Go: goPath(root), GOROOT: root, Env: dropEnv(env, drop...)}
	o.Release = in.Pin.Release
	o.BaseSide = &matrix.Side{Name: matrix.Base, Go: goCmd, Env: dropEnv(stockEnv(in.Pin.Release), drop...)}
	return nil
}

// matrixShow shows how the matrix gets on, on stderr.
func (a *app) matrixShow() matrix.Show {
	if w, h, ok := terminalSize(); ok {
		return &matrix.Live{W: a.stderr, Width: w, Height: h}
	}
	return &matrix.Lines{W: a.stderr}
}

// newRunner returns the runner of a job. Programs that it starts find the patched go
// command first.
func (a *app) newRunner(o *matrix.Options, j *matrix.Job, tmp string) runner.Runner {
	bin := filepath.Join(o.ZioSide.GOROOT, "bin")
	dir := filepath.Join(tmp, strings.NewReplacer("/", "_", " ", "_", "=", "_").Replace(j.Name()))
	switch j.Runner {
	case matrix.Native:
		return runner.NewNative(bin)
	case matrix.QEMUUser:
		return runner.NewQEMUUser(j.Port.GOOS, j.Port.GOARCH, j.Port.User, j.Variant.User, dir, bin)
	case matrix.QEMUSystem:
		return a.newGuest(o, j, dir)
	case matrix.Wine:
		return runner.NewWine(j.Port.GOARCH, dir, bin)
	case matrix.Wasm:
		return runner.NewWasm(o.ZioSide.GOROOT, j.Port.Wasm, bin)
	}
	return runner.None(fmt.Errorf("ziobuild has no runner for %s yet", j.Runner))
}

// newGuest returns the runner of a job in a guest. Its init is built by the base: it is
// no part of what is tested.
func (a *app) newGuest(o *matrix.Options, j *matrix.Job, dir string) runner.Runner {
	cache, err := a.cache()
	if err != nil {
		return runner.None(err)
	}
	return &runner.QEMUSystem{
		Guest: j.Guest,
		Store: &kernel.Store{Dir: filepath.Join(cache.Dir, "kernels"), Mirror: os.Getenv("ZIOBUILD_DEBIAN")},
		Dir:   dir,
		Logs:  o.Logs,
		BuildInit: func(ctx context.Context, source, to string) error {
			return o.BaseSide.Compile(ctx, j, source, to)
		},
	}
}
