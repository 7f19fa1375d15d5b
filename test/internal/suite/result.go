package suite

import "fmt"

// A Unit is one package to test.
type Unit struct {
	Group   string // row of the table; empty: the package
	Package string
	Dir     string // where go test runs; empty: the src folder of the toolchain
	Race    bool
	Args    []string // more flags of go test
	Skip    []string // top-level tests to leave out
}

// Row returns the name of the unit's row in the table.
func (u *Unit) Row() string {
	name := u.Group
	if name == "" {
		name = u.Package
	}
	if u.Race {
		name += " -race"
	}
	return name
}

// Name returns the package, and how it was built if that is special.
func (u *Unit) Name() string {
	if u.Race {
		return u.Package + " -race"
	}
	return u.Package
}

// Names of failures that belong to no test.
const (
	Crash   = "(crash)"   // the test binary died or ran into the timeout
	Build   = "(build)"   // it could not be built
	Whole   = "(package)" // it failed though no test did
	Missing = "(no end)"  // go test did not say how it ended
	Lost    = "(not run)" // tests that the base has did not run
)

// A Failure is a test that failed.
type Failure struct {
	Test    string
	Why     string // one line
	Retries string `json:",omitempty"` // what came of running it alone
}

// A Result is what became of a unit on a side.
type Result struct {
	Side, Unit string
	Toolchain  string // see Side.ID
	Seconds    float64
	Counts     map[string]int    // tests and subtests by outcome
	Tests      map[string]string // outcome of each top-level test
	Failures   []Failure         // what failed each time
	Flaky      []Failure         // what failed, and passed alone
	Log        string            `json:",omitempty"` // file with the whole output if something failed
}

// OK reports whether nothing failed twice.
func (r *Result) OK() bool { return len(r.Failures) == 0 }

// cell returns the table's entry for results that make up one row.
func cell(rs []*Result) string {
	pass, fail, flaky, seconds := 0, 0, 0, 0.0
	for _, r := range rs {
		pass += r.Counts[Pass]
		fail += len(r.Failures)
		flaky += len(r.Flaky)
		seconds += r.Seconds
	}
	s := fmt.Sprintf("%d", pass)
	if fail > 0 {
		s += fmt.Sprintf(" FAIL %d", fail)
	}
	if flaky > 0 {
		s += fmt.Sprintf(" ~%d", flaky)
	}
	return s + fmt.Sprintf(" %.1fs", seconds)
}
