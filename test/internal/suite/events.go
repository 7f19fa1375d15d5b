package suite

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Outcomes of tests and of runs.
const (
	Pass = "pass"
	Fail = "fail"
	Skip = "skip"
)

// keepOutput bounds what is kept of the output of each test. The log file has
// all of it.
const keepOutput = 4 << 10

// A run is what one execution of 'go test -json' for one package reported.
type run struct {
	outcome  string            // of the package; empty: the run ended without saying
	seconds  float64           // of the test binary
	built    bool              // the test binary was built
	tests    map[string]string // outcome by test; empty while it runs
	paused   map[string]bool   // tests that wait for their turn
	output   map[string]string // the end of the output by test, "" for what belongs to none
	loudLine string            // the line that says why the test binary died
}

type event struct {
	Action  string
	Test    string
	Elapsed float64
	Output  string
}

// loud finds the line of a dying test binary that says why.
var loud = regexp.MustCompile(`^(panic: |fatal error: |fatal: |SIG[A-Z]+: |signal: |exit status |FAIL\t.*\[|\*\*\* Test killed|unexpected fault)`)

// parse reads the events of one package. All output is copied to log, as text.
func parse(r io.Reader, log io.Writer) (*run, error) {
	res := &run{built: true, tests: map[string]string{}, paused: map[string]bool{}, output: map[string]string{}}
	br := bufio.NewReader(r)
	for {
		line, err := br.ReadBytes('\n')
		if len(line) > 0 {
			var ev event
			if line[0] != '{' || json.Unmarshal(line, &ev) != nil || ev.Action == "" {
				ev = event{Action: "output", Output: string(line)}
			}
			if werr := res.take(&ev, log); werr != nil {
				return res, werr
			}
		}
		if err == io.EOF {
			return res, nil
		}
		if err != nil {
			return res, err
		}
	}
}

func (r *run) take(ev *event, log io.Writer) error {
	switch ev.Action {
	case "output", "build-output":
		if r.loudLine == "" && loud.MatchString(ev.Output) {
			r.loudLine = strings.TrimSpace(ev.Output)
		}
		out := r.output[ev.Test] + ev.Output
		if len(out) > 2*keepOutput {
			out = out[len(out)-keepOutput:]
		}
		r.output[ev.Test] = out
		_, err := io.WriteString(log, ev.Output)
		return err
	case "build-fail":
		r.built = false
	case "run":
		r.tests[ev.Test] = ""
	case "pause":
		r.paused[ev.Test] = true
	case "cont":
		delete(r.paused, ev.Test)
	case Pass, Fail, Skip:
		if ev.Test == "" {
			r.outcome, r.seconds = ev.Action, ev.Elapsed
		} else {
			r.tests[ev.Test] = ev.Action
		}
	}
	return nil
}

// failed returns the tests that failed and none of whose subtests did, sorted.
func (r *run) failed() []string {
	var names []string
	for name, outcome := range r.tests {
		if outcome == Fail {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var leaves []string
	for i, name := range names {
		if !slices.ContainsFunc(names[i+1:], func(other string) bool { return strings.HasPrefix(other, name+"/") }) {
			leaves = append(leaves, name)
		}
	}
	return leaves
}

// running returns the top-level tests that had begun and not ended when the
// test binary died, sorted. Those that only waited to run in parallel with
// others are not to blame.
func (r *run) running() []string {
	var names []string
	for name, outcome := range r.tests {
		if outcome == "" && name == top(name) && !r.paused[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// unfinished reports whether a test began and did not end.
func (r *run) unfinished() bool {
	for _, outcome := range r.tests {
		if outcome == "" {
			return true
		}
	}
	return false
}

// finished returns the top-level tests that ended, sorted.
func (r *run) finished() []string {
	var names []string
	for name, outcome := range r.tests {
		if outcome != "" && name == top(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// top returns the top-level test of a test.
func top(name string) string {
	name, _, _ = strings.Cut(name, "/")
	return name
}

// only returns the pattern for -run or -skip that matches these top-level tests
// and no others.
func only(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = regexp.QuoteMeta(n)
	}
	return fmt.Sprintf("^(%s)$", strings.Join(quoted, "|"))
}

var sourceLine = regexp.MustCompile(`^\s+\S+\.go:\d+: `)

// why returns one line that says why a test failed.
func (r *run) why(test string) string {
	var first string
	for line := range strings.Lines(r.output[test]) {
		if sourceLine.MatchString(line) || strings.HasPrefix(line, "WARNING: DATA RACE") {
			return clip(strings.TrimSpace(line))
		}
		line = strings.TrimSpace(line)
		if first == "" && line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") && !strings.HasPrefix(line, "# ") {
			first = line
		}
	}
	return clip(first)
}

func clip(s string) string {
	const most = 160
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
