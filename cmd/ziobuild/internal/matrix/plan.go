// Package matrix plans, runs and reports the matrix: every port, under every
// runner that can run it, on every kernel, with the patched toolchain and with
// the base.
package matrix

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/zio-go/zio/cmd/ziobuild/internal/ports"
)

// Names of the runners, in the order of a plan.
const (
	Native     = "native"
	QEMUUser   = "qemu-user"
	QEMUSystem = "qemu-system"
	Wine       = "wine"
	Wasm       = "wasm"
	Compile    = "compile"
)

// Runners are the names of all runners.
var Runners = []string{Native, QEMUUser, QEMUSystem, Wine, Wasm, Compile}

// A Job is a port in one variant under one runner: what is built once and run
// together, and what a machine of a spread matrix does.
type Job struct {
	Port    *ports.Port
	Variant ports.Variant
	Runner  string
	Guest   ports.Guest // of QEMUSystem
}

// Kernel returns the name of the guest's kernel, "" for other runners.
func (j *Job) Kernel() string {
	if j.Runner != QEMUSystem {
		return ""
	}
	return j.Guest.Name()
}

// Name identifies the job in a plan.
func (j *Job) Name() string {
	f := []string{j.Port.Name()}
	if j.Variant.Env != "" {
		f = append(f, j.Variant.Env)
	}
	f = append(f, j.Runner)
	if k := j.Kernel(); k != "" {
		f = append(f, k)
	}
	return strings.Join(f, " ")
}

// Backends returns the values of GODEBUG=zio that the job tests, Auto first.
func (j *Job) Backends() []string {
	switch {
	case j.Runner == Compile:
		return []string{""}
	case j.Port.GOOS != "linux":
		return []string{Auto}
	case j.Runner == QEMUUser:
		return []string{Auto, "epoll", "poll", "off"}
	}
	return []string{Auto, "io_uring", "epoll", "poll", "off"}
}

// Auto is the backend that the runtime chooses.
const Auto = "auto"

// A Filter chooses the jobs of a plan. Its patterns are those of path.Match,
// several of them separated by commas; empty ones match everything.
type Filter struct {
	Run    string // GOOS/GOARCH, GOARCH alone, or a job's variant as in linux/arm:GOARM=5
	Runner string
	Kernel string // a guest's kernel, as in 6.1-arm64; only guests match
	Short  bool   // only what the short matrix has
	Host   string // GOOS/GOARCH of this machine
}

// Check reports a filter that cannot match anything.
func (f *Filter) Check() error {
	for _, p := range []struct{ flag, list string }{{"-run", f.Run}, {"-kernel", f.Kernel}} {
		for glob := range strings.SplitSeq(p.list, ",") {
			if _, err := path.Match(glob, ""); err != nil {
				return fmt.Errorf("%s: %q is no pattern: use * ? and [a-z]", p.flag, glob)
			}
		}
	}
	for name := range strings.SplitSeq(f.Runner, ",") {
		if name != "" && !slices.Contains(Runners, name) {
			return fmt.Errorf("-runner: there is no %q: use %s", name, strings.Join(Runners, ", "))
		}
	}
	return nil
}

// Plan returns the jobs that a filter chooses.
func Plan(f Filter) []*Job {
	var jobs []*Job
	for _, p := range ports.Table {
		for _, v := range p.AllVariants() {
			for _, j := range jobsOf(p, v, f.Host) {
				if f.match(j) {
					jobs = append(jobs, j)
				}
			}
		}
	}
	slices.SortStableFunc(jobs, func(a, b *Job) int {
		return slices.Index(Runners, a.Runner) - slices.Index(Runners, b.Runner)
	})
	return jobs
}

// jobsOf lists the ways to run a port. What nothing can run is compiled.
func jobsOf(p *ports.Port, v ports.Variant, host string) (jobs []*Job) {
	add := func(runner string) { jobs = append(jobs, &Job{Port: p, Variant: v, Runner: runner}) }
	// A processor of amd64 runs 386, too.
	if p.Name() == host || p.Name() == "linux/386" && host == "linux/amd64" {
		add(Native)
	}
	if p.User != "" {
		add(QEMUUser)
	}
	for _, g := range p.Guests {
		jobs = append(jobs, &Job{Port: p, Variant: v, Runner: QEMUSystem, Guest: g})
	}
	if p.Wine {
		add(Wine)
	}
	if p.Wasm != "" {
		add(Wasm)
	}
	add(Compile)
	return jobs
}

func (f *Filter) match(j *Job) bool {
	return matchAny(f.Runner, j.Runner) && (f.Kernel == "" || j.Runner == QEMUSystem && matchAny(f.Kernel, j.Kernel())) &&
		matchAny(f.Run, j.Port.Name(), j.Port.GOARCH, j.Port.Name()+":"+j.Variant.Env) && (!f.Short || f.short(j))
}

// short reports whether the short matrix has a job: every port that something
// can run, once without and once with a ring, and what the filter names beyond that,
// a variant by its setting or a kernel.
func (f *Filter) short(j *Job) bool {
	if j.Runner == Compile || j.Variant.Env != "" && !strings.Contains(f.Run, ":") {
		return false
	}
	return j.Runner != QEMUSystem || j.Guest.Short || f.Kernel != ""
}

// matchAny reports whether a pattern of the list matches one of the names. An
// empty list matches.
func matchAny(list string, names ...string) bool {
	if list == "" {
		return true
	}
	for glob := range strings.SplitSeq(list, ",") {
		for _, name := range names {
			if ok, _ := path.Match(glob, name); ok {
				return true
			}
		}
	}
	return false
}
