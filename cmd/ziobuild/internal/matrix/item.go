package matrix

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zio-go/zio/cmd/ziobuild/internal/runner"
)

// maxRepeats bounds how often a failure is repeated.
const maxRepeats = 3

// maxResumes bounds how often a test binary that died is continued behind the
// test that it died in.
const maxResumes = 4

// An item is a part of a unit on one side: a task, and what its result means.
type item struct {
	unit    Unit
	part    string
	backend string // "" for the base
	want    string // backend that the program has to name; "" if it names none
	task    runner.Task

	judge func(it *item, r *runner.Result) // sets out of a program that ended well

	out    Outcome
	last   *runner.Result
	ring   int // operations in a ring
	tests  *testRun
	cases  map[string]string // what a conformance program printed
	queued bool              // is run in the next round
	resume int

	repeats  int      // of a failure
	retrying bool     // only the failed tests of a package are run
	before   string   // why it failed the time before
	pattern  string   // of the tests of a package; "" for all
	leave    []string // cases of a conformance program, or tests, that are not run
	whys     []string // how cases of a conformance program ended it
	compared bool     // with the base's
	differs  bool
	diff     string              // what each side printed where they differ, of all tries
	printed  map[string][]string // by case, in all tries
	memory   string              // file that remembers an item of the base; "" for none
}

// add takes the result of a run.
func (it *item) add(r *runner.Result) {
	it.queued = false
	it.out.Tries++
	it.out.Seconds += r.Seconds
	it.out.Remembered = false
	it.last = r
	switch {
	case it.retrying:
		it.addRetry(r)
		return
	case it.unit.Package != "":
		it.addTests(r)
		return
	case it.unit.Name == Conformance && r.Lost == "":
		it.addCases(r)
		return
	}
	it.out.Status, it.out.Why = Pass, ""
	switch bad := r.Bad(); {
	case r.TimedOut:
		it.out.Status, it.out.Why = Timeout, bad
	case bad != "":
		it.out.Status, it.out.Why = Fail, bad+": "+firstLine(r.Stderr)
	default:
		it.judge(it, r)
	}
}

// again queues an item that failed for another try. Of a package only what failed is
// run.
func (it *item) again(base *item) {
	it.queued = true
	it.repeats++
	it.before = it.out.Why
	switch {
	case it.unit.Package == "":
		if it.differs {
			it.repeatCases(base)
		}
	case len(it.out.Failures) > 0:
		it.retrying = true
		it.task.Args = append(it.limitArgs(), "-test.run="+only(it.out.Failures))
	default:
		it.tests, it.resume = nil, 0
		it.task.Args = it.testArgs()
	}
}

// settle says that a failure went away by itself.
func (it *item) settle() {
	if it.before != "" && it.out.Status == Pass {
		it.out.Status, it.out.Why = Flaky, it.before
	}
}

// addTests takes the result of a test binary.
func (it *item) addTests(r *runner.Result) {
	t := parseTests(r.Stdout)
	if it.tests == nil {
		it.tests = t
	} else {
		it.tests.merge(t)
	}
	// Exit status and last words have to agree.
	died := !t.ended
	running := t.running()
	if died && it.resume < maxResumes && len(running) > 0 {
		for _, name := range running {
			it.tests.tests[name] = "FAIL"
		}
		it.out.Why = fmt.Sprintf("died in %s: %s %s", strings.Join(running, " "), r.Bad(), firstLine(r.Stderr))
		it.resume++
		it.queued = true
		it.task.Args = it.testArgs(it.tests.seen()...)
		return
	}
	it.out.Failures = it.tests.failed()
	switch {
	case r.TimedOut:
		it.out.Status, it.out.Why = Timeout, "did not end in time"
	case died:
		it.out.Status, it.out.Why = Fail, fmt.Sprintf("ended before its tests: %s %s", r.Bad(), firstLine(r.Stderr))
	case len(it.out.Failures) > 0:
		it.out.Status = Fail
		if it.out.Why == "" {
			it.out.Why = count(len(it.out.Failures), "test") + " failed"
		}
	case r.Bad() != "":
		it.out.Status, it.out.Why = Fail, r.Bad()
	case len(it.tests.tests) == 0:
		it.out.Status, it.out.Why = Skip, "no tests for this port"
	default:
		it.out.Status = Pass
	}
}

// addRetry takes the result of running failed tests once more.
func (it *item) addRetry(r *runner.Result) {
	if r.Bad() == "" && parseTests(r.Stdout).ended {
		it.out.Status, it.out.Failures = Pass, nil
	}
}

// limitArgs are the arguments of a test binary that has a limit.
func (it *item) limitArgs() []string {
	limit := it.task.Timeout
	// It ends itself first, with all stacks.
	return []string{"-test.v=test2json", "-test.short", "-test.timeout=" + (limit - limit/10).String()}
}

// testArgs are the arguments of a test binary that runs all tests but those that the
// emulator cannot run, and these.
func (it *item) testArgs(seen ...string) []string {
	args := it.limitArgs()
	if it.pattern != "" {
		args = append(args, "-test.run="+it.pattern)
	}
	if skip := append(slices.Clone(it.leave), seen...); len(skip) > 0 {
		args = append(args, "-test.skip="+only(skip))
	}
	return args
}

// save writes the output of an item that is not good into a file.
func (it *item) save(dir, name string) {
	if it.last == nil || it.out.Status == Pass || it.out.Status == Skip || dir == "" {
		return
	}
	file := filepath.Join(dir, strings.NewReplacer("/", "_", " ", "_", "=", "").Replace(name)+".log")
	text := fmt.Sprintf("# %s\n# %s\n%s\n%s%s", name, it.last.Bad(), it.last.Stdout, it.last.Stderr, it.diff)
	if os.WriteFile(file, []byte(strings.ReplaceAll(text, reportMark, "")), 0o644) == nil {
		it.out.Log = file
	}
}

func firstLine(s string) string {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "goroutine ") {
			return clip(line)
		}
	}
	return ""
}

// clip makes a line of s that fits into a table.
func clip(s string) string {
	const most = 200
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
