package suite

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A Runner runs units.
type Runner struct {
	Timeout time.Duration // of a test binary
	Args    []string      // flags of go test for each unit
	Logs    string        // folder for the output of what failed
}

const (
	maxRetries = 2
	// maxResumes bounds how often a package whose test binary died is
	// continued behind the test that it died in.
	maxResumes = 6
)

// Run tests a unit on a side. Tests that fail are repeated alone, whatever the
// side.
func (rn *Runner) Run(s *Side, u *Unit) (*Result, error) {
	name := s.Name + "-" + strings.NewReplacer("/", "_", " ", "").Replace(u.Name()) + ".log"
	log, err := os.Create(filepath.Join(rn.Logs, name))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	res := &Result{
		Side: s.Name, Unit: u.Name(), Toolchain: s.ID(),
		Counts: map[string]int{}, Tests: map[string]string{}, Log: log.Name(),
	}
	overlay, err := linkZio(s, u)
	if err != nil {
		return nil, err
	}
	defer overlay.remove()
	test := func(timeout time.Duration, more ...string) (*run, error) {
		args := slices.Concat(u.Args, rn.Args, overlay.args)
		if u.Race {
			args = append(args, "-race")
		}
		dir := u.Dir
		if dir == "" {
			dir = filepath.Join(s.GOROOT, "src")
		}
		return goTest(s, dir, append(append(args, more...), u.Package), timeout, log)
	}
	if err := rn.all(res, u.Skip, test); err != nil {
		return nil, err
	}
	if err := rn.retry(res, test); err != nil {
		return nil, err
	}
	if len(res.Failures)+len(res.Flaky) == 0 {
		res.Log = ""
		os.Remove(log.Name())
	}
	return res, nil
}

type testFunc func(timeout time.Duration, more ...string) (*run, error)

// all runs each test of the package once. Where the test binary dies, it
// continues with those that had not run.
func (rn *Runner) all(res *Result, skip []string, test testFunc) error {
	for range maxResumes {
		var more []string
		if seen := append(sortedKeys(res.Tests), skip...); len(seen) > 0 {
			more = []string{"-skip=" + only(seen)}
		}
		r, err := test(rn.Timeout, more...)
		if err != nil {
			return err
		}
		again := res.add(r)
		if !again {
			return nil
		}
	}
	return nil
}

// add takes the outcome of a run and reports whether the test binary died before
// all tests had run.
func (res *Result) add(r *run) bool {
	res.Seconds += r.seconds
	for name, outcome := range r.tests {
		if outcome != "" {
			res.Counts[outcome]++
		}
		if name == top(name) && outcome != "" {
			res.Tests[name] = outcome
		}
	}
	failed := r.failed()
	for _, name := range failed {
		res.fail(name, r.why(name))
	}
	switch {
	case !r.built:
		res.fail(Build, r.why(""))
	case r.outcome == Pass || r.outcome == Skip:
		// Unfinished tests would mean that it exited in the middle of them.
		if r.unfinished() {
			res.fail(Missing, "the test binary exited before its tests had ended")
		}
	case r.unfinished():
		res.fail(Crash, r.loudLine)
		culprits := r.running()
		for _, name := range culprits {
			res.Tests[name] = Fail
			res.fail(name, "running when the test binary died")
		}
		return len(culprits) > 0 || len(r.finished()) > 0
	case r.outcome == "":
		res.fail(Missing, r.loudLine)
	case len(failed) == 0:
		res.fail(Whole, r.why(""))
	}
	return false
}

func (res *Result) fail(test, why string) {
	for i := range res.Failures {
		if f := &res.Failures[i]; f.Test == test {
			return
		}
	}
	res.Failures = append(res.Failures, Failure{Test: test, Why: clip(why)})
}

// retry repeats what failed, each top-level test alone. A crash stays a failure
// though the tests pass alone.
func (rn *Runner) retry(res *Result, test testFunc) error {
	timeout := max(rn.Timeout/4, min(rn.Timeout, 2*time.Minute))
	type outcome struct {
		text  string
		flaky bool
	}
	seen := map[string]outcome{}
	var failures []Failure
	for _, f := range res.Failures {
		var args []string
		switch f.Test {
		case Crash, Build, Missing:
			failures = append(failures, f)
			continue
		case Whole:
		default:
			args = []string{"-run=" + only([]string{top(f.Test)})}
		}
		o, done := seen[top(f.Test)]
		for n := 1; n <= maxRetries && !done; n++ {
			r, err := test(timeout, args...)
			if err != nil {
				return err
			}
			o.text = fmt.Sprintf("failed %d of %d retries", n, n)
			if r.outcome == Pass {
				o.text = fmt.Sprintf("passed in retry %d", n)
				o.flaky, done = true, true
			} else if r.unfinished() {
				o.text += ", at last by a crash or timeout"
				break
			}
		}
		seen[top(f.Test)] = o
		f.Retries = o.text
		if o.flaky {
			res.Flaky = append(res.Flaky, f)
			res.Tests[top(f.Test)] = Pass
		} else {
			failures = append(failures, f)
		}
	}
	res.Failures = failures
	return nil
}
