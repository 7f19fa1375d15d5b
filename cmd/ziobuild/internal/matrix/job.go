package matrix

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zio-go/zio/cmd/ziobuild/internal/runner"
)

// maxRounds bounds how often something is repeated or continued: in a guest each round
// is a boot.
const maxRounds = 8

// slowness is about how many times slower than this machine a runner is.
var slowness = map[string]int{Native: 1, QEMUUser: 4, QEMUSystem: 6, Wine: 2, Wasm: 3}

// conformanceSlow is how many times longer the cases of conformance wait under an
// emulator, where others run beside them: a moment that is too short looks like a failure.
const conformanceSlow = 3

// work is one job that is being done.
type work struct {
	*Options
	j     *Job
	r     runner.Runner
	bases map[string]*item // by unit and part
	items []*item          // all, those of the base first
	rows  map[string]*Row  // by backend
}

// do runs a job and returns its rows.
func (o *Options) do(ctx context.Context, j *Job) []*Row {
	start := time.Now()
	w := &work{Options: o, j: j, bases: map[string]*item{}, rows: map[string]*Row{}}
	var rows []*Row
	for _, b := range j.Backends() {
		row := &Row{Port: j.Port.Name(), Variant: j.Variant.Env, Runner: j.Runner, Kernel: j.Kernel(), Backend: b}
		rows = append(rows, row)
		w.rows[b] = row
	}
	if err := w.run(ctx); err != nil {
		for _, row := range rows {
			row.NotRun = clip(err.Error())
		}
	}
	for _, row := range rows {
		row.Seconds = time.Since(start).Seconds()
	}
	return rows
}

func (w *work) run(ctx context.Context) error {
	if w.j.Runner == Compile {
		w.compile(ctx)
		return nil
	}
	w.r = w.NewRunner(w.j)
	if err := w.r.Check(); err != nil {
		return err
	}
	units := Units(w.j, w.Packages, w.Short)
	w.say("building")
	for _, u := range units {
		if err := w.prepare(ctx, u); err != nil {
			return err
		}
	}
	slices.SortStableFunc(w.items, func(a, b *item) int {
		return boolInt(b.backend == "") - boolInt(a.backend == "")
	})
	if err := w.rounds(ctx); err != nil {
		return err
	}
	for _, row := range w.rows {
		row.Version = w.r.Version()
	}
	w.conclude(units)
	return nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// has reports whether a unit is tested on a backend. Auto is one of the others,
// which it is, is what the echo example shows.
func (w *work) has(u Unit, backend string) bool {
	real := len(w.j.Backends()) > 1
	guest := w.j.Runner == QEMUSystem
	switch {
	case !real || u.Name == Echo:
		return true
	case u.Package == "":
		return backend != Auto && (!guest || !w.Short || backend == "io_uring")
	case guest:
		return backend == Auto
	}
	return backend != Auto && (backend != "io_uring" || w.ring())
}

// ring reports whether the kernel that runs the job has io_uring.
func (w *work) ring() bool {
	return w.j.Runner == QEMUSystem || w.j.Runner == Native && w.HostRing
}

// wants returns the backend that a program has to name.
func (w *work) wants(backend string) string {
	switch {
	case w.j.Port.GOOS != "linux":
		return "off" // upstream's poller
	case backend != Auto:
		return backend
	case w.ring():
		return "io_uring"
	}
	return "epoll"
}

// prepare builds a unit for both sides and makes its items.
func (w *work) prepare(ctx context.Context, u Unit) error {
	pkg := u.Package
	parts := []string{u.Name}
	if pkg == "" {
		pkg = programPackages[u.Name]
		var err error
		if parts, err = w.parts(ctx, u.Name); err != nil {
			return err
		}
	}
	var need []*item
	source := w.source(ctx, pkg, u.Package != "")
	for _, part := range parts {
		it := w.item(u, part, "", "")
		w.bases[u.Name+" "+part] = it
		w.identify(it, source)
		if !it.recall() {
			need = append(need, it)
		}
	}
	w.provide(ctx, w.BaseSide, pkg, need)
	need = nil
	for _, part := range parts {
		for _, b := range w.j.Backends() {
			if w.has(u, b) && (b != "io_uring" || w.ring()) {
				need = append(need, w.item(u, part, b, w.wants(b)))
			}
		}
	}
	w.provide(ctx, w.ZioSide, pkg, need)
	return ctx.Err()
}

// item makes an item, which has no program yet.
func (w *work) item(u Unit, part, backend, want string) *item {
	slow := slowness[w.j.Runner]
	it := programItem(u, part, backend, want, slow)
	if u.Package != "" || u.Name == Conformance {
		it.leave, _ = leftOut(w.j, part)
	}
	switch {
	case u.Package != "":
		it.pattern = w.Tests
		it.task.Timeout = time.Duration(slow) * 3 * time.Minute
		it.task.Args = it.testArgs()
		it.task.Env = []string{"GODEBUG=" + godebug(backend, "")}
	case u.Name == Conformance:
		it.task.Args = it.areaArgs()
		if slow > 1 {
			it.task.Env = append(it.task.Env, fmt.Sprintf("CONFORMANCE_SLOW=%d", conformanceSlow))
		}
	}
	it.task.Env = append(it.task.Env, w.j.Port.Env(w.j.Variant)...)
	w.items = append(w.items, it)
	return it
}

// provide builds the program of items, all of one unit and side, and queues them.
func (w *work) provide(ctx context.Context, s *Side, pkg string, items []*item) {
	if len(items) == 0 {
		return
	}
	file, dir, err := w.build.program(ctx, w.j, s, pkg, items[0].unit.Package != "")
	for _, it := range items {
		it.task.File, it.task.Dir, it.queued = file, dir, err == nil
		switch {
		case errors.Is(err, errNoTests):
			it.out = Outcome{Status: Skip, Why: "no tests for this port"}
		case err != nil:
			it.out = Outcome{Status: Fail, Why: "does not build: " + clip(err.Error())}
		}
	}
}

// rounds runs what is queued until nothing is: at first everything, then what
// failed and what was lost.
func (w *work) rounds(ctx context.Context) error {
	for round := 1; ; round++ {
		byID := map[string]*item{}
		var tasks []runner.Task
		for _, it := range w.items {
			if it.queued && it.task.File == "" { // it was remembered
				w.provide(ctx, w.BaseSide, programPackages[it.unit.Name], []*item{it})
			}
			if it.queued {
				// What failed in a crowd is repeated without one.
				it.task.Alone = round > 1
				byID[it.task.ID] = it
				tasks = append(tasks, it.task)
			}
		}
		if len(tasks) == 0 {
			return nil
		}
		n := 0
		w.say(fmt.Sprintf("round %d: 0/%d", round, len(tasks)))
		err := w.r.Run(ctx, tasks, func(r *runner.Result) {
			n++
			w.say(fmt.Sprintf("round %d: %d/%d", round, n, len(tasks)))
			if it := byID[r.ID]; it != nil {
				it.add(r)
				if it.backend == "" && !it.queued {
					it.remember() // the next run has it though this one may be cut short
				}
				w.tell(round, it)
				delete(byID, r.ID)
			}
		})
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		var missing *runner.Missing
		if errors.As(err, &missing) {
			return err
		}
		for _, it := range byID {
			w.lose(it, err)
			w.tell(round, it)
		}
		if w.broken() || round == maxRounds {
			for _, it := range w.items {
				it.queued, it.repeats = false, maxRepeats
			}
		}
		w.again()
	}
}

// broken reports whether more than half of what was run fails and does not fail on the
// base: then nothing is learned from repeating it, or from what is behind the cases
// that ended a program.
func (w *work) broken() bool {
	run, bad := 0, 0
	for _, it := range w.items {
		base := w.bases[it.unit.Name+" "+it.part]
		if it.backend == "" || it.last == nil {
			continue
		}
		run++
		if (it.out.Status.Bad() || len(it.whys) > 0) && !base.out.Status.Bad() && len(base.whys) == 0 {
			bad++
		}
	}
	return run >= 4 && 2*bad > run
}

// tell says what became of a task, if somebody wants to know.
func (w *work) tell(round int, it *item) {
	if w.Debugf == nil {
		return
	}
	last := "no result"
	if it.last != nil {
		last = fmt.Sprintf("%.1f s, %s", it.last.Seconds, it.last.Bad())
	}
	w.Debugf("%s: round %d: %s %q: %s, %s %s, again %v", w.j.Name(), round, it.task.ID, it.task.Args, last, it.out.Status, it.out.Why, it.queued)
}

// lose notes that a task has no result, because the machine that ran it ended.
func (w *work) lose(it *item, err error) {
	it.out.Tries++
	if it.queued = it.out.Tries < 2; it.queued {
		return
	}
	why := "the machine ended before it"
	if err != nil {
		why = err.Error()
	}
	it.out.Status, it.out.Why = Fail, "no result: "+clip(why)
}

// again queues what failed and does not fail on the base.
func (w *work) again() {
	for _, it := range w.items {
		if it.backend == "" {
			continue
		}
		base := w.bases[it.unit.Name+" "+it.part]
		it.compare(base)
		if it.queued || base.queued {
			continue
		}
		it.settle()
		if isNew(it, base) != "" && it.repeats < maxRepeats && it.task.File != "" {
			it.again(base)
		}
	}
}

// isNew says what an item does that the base's does not do.
func isNew(it, base *item) string {
	switch {
	case !it.out.Status.Bad():
		return ""
	case it.unit.Package == "" && it.task.File == "":
		return it.out.Why // the programs are ours
	case it.unit.Package != "" && len(it.out.Failures) > 0:
		if list := beyond(it.out.Failures, base.out.Failures); len(list) > 0 {
			return clip(fmt.Sprintf("%v, not so on the base", list))
		}
		return ""
	case base.out.Status.Bad() && !it.differs:
		return ""
	}
	return it.out.Why
}

// conclude fills the rows.
func (w *work) conclude(units []Unit) {
	for _, b := range w.j.Backends() {
		row := w.rows[b]
		if b == "io_uring" && !w.ring() {
			row.NotRun = "this kernel refuses io_uring; 'ziobuild doctor' says why"
			continue
		}
		for _, u := range units {
			c := &Cell{Unit: u.Name}
			for _, it := range w.items {
				if it.unit != u || it.backend != b {
					continue
				}
				base := w.bases[u.Name+" "+it.part]
				name := row.Name() + " " + u.Name + " " + it.part
				it.save(w.Logs, name)
				base.remember()
				base.save(w.Logs, w.j.Name()+" base "+u.Name+" "+it.part)
				row.Ring += it.ring
				p := &Part{Name: it.part, Zio: it.out, Base: base.out, New: isNew(it, base)}
				if len(it.leave) > 0 {
					_, why := leftOut(w.j, it.part)
					p.LeftOut = fmt.Sprintf("%s: %s", strings.Join(it.leave, " "), why)
				}
				c.Parts = append(c.Parts, p)
			}
			if len(c.Parts) > 0 {
				row.Cells = append(row.Cells, c)
			}
		}
	}
}
