package matrix

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Status is what became of something. Its zero value is NotRun, so that nothing
// passes by being forgotten.
type Status int

// Every status, the better ones later: a cell is as good as its worst part.
const (
	NotRun  Status = iota // a tool is missing, or it was not come to
	Fail                  // it did what it should not
	Timeout               // it did not end
	Flaky                 // it failed, and passed when it was repeated
	Skip                  // it has nothing to say here, and says why
	Pass
)

var statusNames = []string{"not-run", "fail", "timeout", "flaky", "skip", "pass"}

func (s Status) String() string { return statusNames[s] }

// MarshalText makes JSON readable.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Bad reports whether it is a failure.
func (s Status) Bad() bool { return s == Fail || s == Timeout }

// An Outcome is what became of a part of a unit on a side.
type Outcome struct {
	Status   Status
	Why      string   `json:",omitempty"` // a line
	Failures []string `json:",omitempty"` // names of the tests that failed
	Seconds  float64
	Tries    int
	Log      string `json:",omitempty"` // file with the output if it is not good
	// Remembered says that it is the base's result of an earlier run.
	Remembered bool `json:",omitempty"`
}

// A Part is a program, or the tests of a package, with the patched toolchain and
// with the base.
type Part struct {
	Name string
	Zio  Outcome
	Base Outcome
	// New says what the base does not do: why the part counts as a failure.
	New string `json:",omitempty"`
	// LeftOut names what was not run on either side, and why.
	LeftOut string `json:",omitempty"`
}

// A Cell is a unit on a backend.
type Cell struct {
	Unit  string
	Parts []*Part
}

// A Row is a job on a backend.
type Row struct {
	Port, Variant, Runner, Kernel, Backend string

	Version string `json:",omitempty"` // of emulator and kernel, as they say themselves
	NotRun  string `json:",omitempty"` // why nothing was run
	Ring    int    // operations that went through a ring, as the programs' counters say
	Cells   []*Cell
	Seconds float64 // of the whole job
}

// Name is what identifies a row in the table.
func (r *Row) Name() string {
	f := []string{r.Port}
	for _, s := range []string{r.Variant, r.Runner, r.Kernel, r.Backend} {
		if s != "" {
			f = append(f, s)
		}
	}
	return strings.Join(f, " ")
}

// Status returns the worst status of a side's parts, and whether something is a
// failure that the base lacks.
func (c *Cell) Status() (zio, base Status, isNew bool) {
	if len(c.Parts) == 0 {
		return NotRun, NotRun, false
	}
	zio, base = Pass, Pass
	for _, p := range c.Parts {
		zio, base = worst(zio, p.Zio.Status), worst(base, p.Base.Status)
		isNew = isNew || p.New != ""
	}
	return zio, base, isNew
}

// ran reports whether something of the cell worked: it passed, or names tests that
// failed, and so ran.
func (c *Cell) ran() bool {
	return slices.ContainsFunc(c.Parts, func(p *Part) bool { return !p.Zio.Status.Bad() || len(p.Zio.Failures) > 0 })
}

// worst prefers failures to what was not run: they are known.
func worst(a, b Status) Status {
	order := []Status{Fail, Timeout, NotRun, Flaky, Skip, Pass}
	return order[min(slices.Index(order, a), slices.Index(order, b))]
}

// A Report is what a run of the matrix leaves.
type Report struct {
	Key, Rev, Base string // of the toolchains
	Host           string
	Short          bool
	Packages       []string `json:",omitempty"`
	Seconds        float64
	Rows           []*Row
	// Complete is the last thing that is set. A report without it is of a run
	// that was cut short.
	Complete bool
}

// Counts returns how many cells have each status, and how many are new failures.
func (r *Report) Counts() (n map[Status]int, fresh int) {
	n = map[Status]int{}
	for _, row := range r.Rows {
		if row.NotRun != "" {
			n[NotRun]++
			continue
		}
		for _, c := range row.Cells {
			s, _, isNew := c.Status()
			n[s]++
			if isNew {
				fresh++
			}
		}
	}
	return n, fresh
}

// OK reports whether everything ran to its end, something passed, and nothing
// failed that does not fail on the base.
func (r *Report) OK() error {
	n, fresh := r.Counts()
	switch {
	case !r.Complete:
		return fmt.Errorf("the matrix was cut short: %d rows", len(r.Rows))
	case fresh > 0:
		return fmt.Errorf("%s with failures that the base lacks", count(fresh, "cell"))
	case n[Pass]+n[Flaky]+n[Fail]+n[Timeout] == 0:
		return ErrNothing
	}
	for _, row := range r.Rows {
		if row.NotRun == "" && len(row.Cells) > 0 && !slices.ContainsFunc(row.Cells, (*Cell).ran) {
			return fmt.Errorf("nothing passed in %q, with the base neither: what runs it does not work", row.Name())
		}
	}
	return nil
}

// ErrNothing is the error of a report none of whose rows was run.
var ErrNothing = errors.New("nothing was run")

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// sortRows puts rows into the order of the plan.
func (r *Report) sortRows(jobs []*Job) {
	order := map[string]int{}
	for i, j := range jobs {
		for k, b := range j.Backends() {
			order[(&Row{Port: j.Port.Name(), Variant: j.Variant.Env, Runner: j.Runner, Kernel: j.Kernel(), Backend: b}).Name()] = i*10 + k
		}
	}
	slices.SortStableFunc(r.Rows, func(a, b *Row) int { return cmp.Compare(order[a.Name()], order[b.Name()]) })
}
