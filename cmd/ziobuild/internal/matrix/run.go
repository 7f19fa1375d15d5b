package matrix

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/zio-go/zio/cmd/ziobuild/internal/ports"
	"github.com/zio-go/zio/cmd/ziobuild/internal/runner"
)

// Options say how a plan is run.
type Options struct {
	ZioSide, BaseSide *Side
	Dir               string   // where go commands run: the checkout, or the user's module
	Checkout          bool     // Dir has the programs of the checkout
	Packages          []string // to test instead of the usual units
	Tests             string   // pattern of the tests of Packages; "" for all
	Short             bool
	Workers           int    // jobs at a time
	Logs              string // folder for the output of what is not good
	Remember          string // folder for results of the base; "" for none
	Release           string // of the base
	Host              string // GOOS/GOARCH
	HostRing          bool   // this machine's kernel has io_uring
	NewRunner         func(*Job) runner.Runner
	Show              Show
	Debugf            func(format string, args ...any) // says what becomes of each task, if not nil

	build *builder
	list  struct {
		sync.Mutex
		parts map[string][]string
		err   map[string]error
	}
}

// A Show is told how the matrix gets on, by several goroutines at once.
type Show interface {
	Begin(jobs []*Job)
	State(j *Job, what string) // what a job does now
	Done(j *Job, rows []*Row)
	End()
}

func (w *work) say(what string) { w.Show.State(w.j, what) }

// Run runs the jobs and returns a report, which is complete if ctx was not
// canceled.
func (o *Options) Run(ctx context.Context, jobs []*Job) (*Report, error) {
	dir, err := os.MkdirTemp("", "ziomatrix")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	o.build = &builder{dir: dir, src: o.Dir, done: map[string]*built{}}
	rep := &Report{Host: o.Host, Short: o.Short, Packages: o.Packages}
	var lock sync.Mutex
	queue := make(chan *Job)
	var wg sync.WaitGroup
	o.Show.Begin(jobs)
	for range max(1, o.Workers) {
		wg.Go(func() {
			for j := range queue {
				rows := o.do(ctx, j)
				lock.Lock()
				rep.Rows = append(rep.Rows, rows...)
				lock.Unlock()
				o.Show.Done(j, rows)
			}
		})
	}
	for _, j := range jobs {
		select {
		case queue <- j:
		case <-ctx.Done():
		}
	}
	close(queue)
	wg.Wait()
	o.Show.End()
	rep.sortRows(jobs)
	rep.Complete = ctx.Err() == nil
	return rep, nil
}

// parts returns the programs of a unit. They list themselves, built for this
// machine by the base, which does not begin anew with each change of the runtime.
func (o *Options) parts(ctx context.Context, unit string) ([]string, error) {
	if unit == Echo {
		return []string{Echo}, nil
	}
	o.list.Lock()
	defer o.list.Unlock()
	if o.list.parts == nil {
		o.list.parts, o.list.err = map[string][]string{}, map[string]error{}
	}
	if _, ok := o.list.parts[unit]; !ok {
		o.list.parts[unit], o.list.err[unit] = o.findParts(ctx, unit)
	}
	return o.list.parts[unit], o.list.err[unit]
}

func (o *Options) findParts(ctx context.Context, unit string) ([]string, error) {
	i := slices.IndexFunc(ports.Table, func(p *ports.Port) bool { return p.Name() == o.Host })
	if i < 0 || !strings.HasPrefix(o.Host, "linux/") {
		return nil, fmt.Errorf("%s lists its programs on linux hosts only", unit)
	}
	host := &Job{Port: ports.Table[i], Runner: Native}
	file, _, err := o.build.program(ctx, host, o.BaseSide, programPackages[unit], false)
	if err != nil {
		return nil, err
	}
	// Without a name they print all names; stress calls that wrong usage.
	out, err := exec.CommandContext(ctx, file).Output()
	names := strings.Fields(string(out))
	if len(names) == 0 {
		return nil, fmt.Errorf("%s lists no programs: %v", filepath.Base(file), err)
	}
	return slices.DeleteFunc(names, func(n string) bool {
		return unit == Stress && (slices.Contains(pokedFrom, n) || o.Short && !slices.Contains(shortStress, n))
	}), nil
}
