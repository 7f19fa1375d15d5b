package suite

import (
	"slices"
	"testing"
	"time"
)

// script plays the runs of a package in order and notes how they were asked for.
type script struct {
	t    *testing.T
	runs []string
	args [][]string
}

func (s *script) test(_ time.Duration, more ...string) (*run, error) {
	s.t.Helper()
	if len(s.args) == len(s.runs) {
		s.t.Fatalf("unexpected run %q", more)
	}
	s.args = append(s.args, more)
	return mustParse(s.t, s.runs[len(s.args)-1]), nil
}

func play(t *testing.T, runs ...string) (*Result, *script) {
	t.Helper()
	s := &script{t: t, runs: runs}
	res := &Result{Side: "x", Unit: "p", Counts: map[string]int{}, Tests: map[string]string{}}
	rn := &Runner{Timeout: time.Minute}
	if err := rn.all(res, nil, s.test); err != nil {
		t.Fatal(err)
	}
	if err := rn.retry(res, s.test); err != nil {
		t.Fatal(err)
	}
	if len(s.args) != len(runs) {
		t.Errorf("%d runs, want %d", len(s.args), len(runs))
	}
	return res, s
}

func testNames(list []Failure) (names []string) {
	for _, f := range list {
		names = append(names, f.Test)
	}
	return names
}

func TestRunnerRetries(t *testing.T) {
	first := events("run|TestA", "fail|TestA", "run|TestB", "run|TestB/x", "fail|TestB/x", "fail|TestB", "run|TestC", "pass|TestC", "fail")
	bad := events("run|TestA", "fail|TestA", "fail")
	good := events("run|TestB", "pass|TestB", "pass")
	res, s := play(t, first, bad, bad, good)
	if got := testNames(res.Failures); !slices.Equal(got, []string{"TestA"}) {
		t.Errorf("failures: %v", got)
	}
	if got := testNames(res.Flaky); !slices.Equal(got, []string{"TestB/x"}) {
		t.Errorf("flaky: %v", got)
	}
	if res.OK() || res.Counts[Pass] != 1 || res.Tests["TestB"] != Pass {
		t.Errorf("%+v", res)
	}
	if got := s.args[3]; !slices.Equal(got, []string{"-run=^(TestB)$"}) {
		t.Errorf("args: %v", got)
	}
}

func TestRunnerContinuesAfterCrash(t *testing.T) {
	first := events("run|TestA", "pass|TestA", "run|TestB", "output|TestB|fatal error: stop", "fail")
	rest := events("run|TestC", "pass|TestC", "pass")
	alone := events("run|TestB", "pass|TestB", "pass")
	res, s := play(t, first, rest, alone)
	if got := s.args[1]; !slices.Equal(got, []string{"-skip=^(TestA|TestB)$"}) {
		t.Errorf("args: %v", got)
	}
	// That the test passes alone does not undo the crash.
	if got := testNames(res.Failures); !slices.Equal(got, []string{Crash}) {
		t.Errorf("failures: %v", got)
	}
	if res.Failures[0].Why != "fatal error: stop" || res.Counts[Pass] != 2 {
		t.Errorf("%+v", res)
	}
}

func TestRunnerSkips(t *testing.T) {
	s := &script{t: t, runs: []string{events("run|TestA", "pass|TestA", "run|TestB", "fail"), events("run|TestC", "pass|TestC", "pass")}}
	res := &Result{Counts: map[string]int{}, Tests: map[string]string{}}
	if err := (&Runner{Timeout: time.Minute}).all(res, []string{"TestX"}, s.test); err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"-skip=^(TestX)$"}, {"-skip=^(TestA|TestB|TestX)$"}}
	if !slices.EqualFunc(s.args, want, slices.Equal) {
		t.Errorf("args: %v", s.args)
	}
}

func TestRunnerEnds(t *testing.T) {
	for _, test := range []struct {
		name, stream, want string
	}{
		{"silence", "", Missing},
		{"early exit", events("run|TestA", "pass"), Missing},
		{"build", events("build-output||no", "build-fail", "fail"), Build},
		{"crash before tests", events("output||panic: init", "fail"), Whole},
	} {
		t.Run(test.name, func(t *testing.T) {
			runs := []string{test.stream}
			if test.want == Whole {
				runs = append(runs, test.stream, test.stream)
			}
			res, _ := play(t, runs...)
			if got := testNames(res.Failures); !slices.Equal(got, []string{test.want}) {
				t.Errorf("failures: %v", got)
			}
		})
	}
}

func TestRunnerGivesUp(t *testing.T) {
	// A binary that always dies without a culprit is not run for ever.
	dies := events("run|TestA", "pass|TestA", "run|TestP", "pause|TestP", "output||signal: killed", "fail")
	var runs []string
	for range maxResumes {
		runs = append(runs, dies)
	}
	res, _ := play(t, runs...)
	if got := testNames(res.Failures); !slices.Equal(got, []string{Crash}) {
		t.Errorf("failures: %v", got)
	}
}
