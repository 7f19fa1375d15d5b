package matrix

import (
	"regexp"
	"slices"
	"strings"
)

// A testRun is what the output of a test binary says, which was started with
// -test.v=test2json: then each report begins with a mark that tests do not print.
type testRun struct {
	tests map[string]string // PASS, FAIL, SKIP, or RUN while it has not ended
	ended bool              // it said PASS or FAIL at the end
}

const reportMark = "\x16"

var reportLine = regexp.MustCompile(`^(?:=== (RUN) +(\S+)|\s*--- (PASS|FAIL|SKIP): (\S+) \(.*|(PASS|FAIL))$`)

func parseTests(out string) *testRun {
	t := &testRun{tests: map[string]string{}}
	for line := range strings.Lines(out) {
		i := strings.LastIndex(line, reportMark)
		if i < 0 {
			continue
		}
		m := reportLine.FindStringSubmatch(strings.TrimRight(line[i+1:], "\r\n"))
		switch {
		case m == nil:
		case m[1] != "":
			t.tests[m[2]] = "RUN"
		case m[3] != "":
			t.tests[m[4]] = m[3]
		default:
			t.ended = true
		}
	}
	return t
}

// failed returns the tests that failed and none of whose subtests did.
func (t *testRun) failed() []string {
	var names []string
	for name, s := range t.tests {
		if s == "FAIL" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var leaves []string
	for i, name := range names {
		if i+1 == len(names) || !strings.HasPrefix(names[i+1], name+"/") {
			leaves = append(leaves, name)
		}
	}
	return leaves
}

// running returns the top-level tests that had begun and not ended.
func (t *testRun) running() []string {
	var names []string
	for name, s := range t.tests {
		if s == "RUN" && !strings.Contains(name, "/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// seen returns the top-level tests that began.
func (t *testRun) seen() []string {
	var names []string
	for name := range t.tests {
		if !strings.Contains(name, "/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// merge adds the tests of a later run.
func (t *testRun) merge(o *testRun) {
	for name, s := range o.tests {
		t.tests[name] = s
	}
	t.ended = o.ended
}

// only returns the pattern of -test.run or -test.skip for these top-level tests.
func only(names []string) string {
	var list []string
	for _, n := range names {
		n, _, _ = strings.Cut(n, "/")
		if n = regexp.QuoteMeta(n); !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return "^(" + strings.Join(list, "|") + ")$"
}

// beyond returns the failures that the base has neither as a whole nor in part.
func beyond(failures, base []string) []string {
	var list []string
	for _, f := range failures {
		if !slices.ContainsFunc(base, func(b string) bool {
			return f == b || strings.HasPrefix(f, b+"/") || strings.HasPrefix(b, f+"/")
		}) {
			list = append(list, f)
		}
	}
	return list
}
