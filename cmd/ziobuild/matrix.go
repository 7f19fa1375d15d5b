package main

import (
	"strings"

	"github.com/zio-go/zio/cmd/ziobuild/internal/matrix"
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
	if err := parse(fs, args, -1); err != nil {
		return err
	}
	if err := f.Check(); err != nil {
		return usageError("matrix: " + err.Error())
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
	return usageError("matrix: it cannot run its jobs yet; -n lists them, -github makes a list for GitHub Actions")
}

// hostPort turns GOOS-GOARCH into GOOS/GOARCH.
func hostPort(platform string) string { return strings.Replace(platform, "-", "/", 1) }
