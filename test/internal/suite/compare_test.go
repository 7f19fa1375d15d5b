package suite

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

func result(side string, tests map[string]string, failures ...string) *Result {
	r := &Result{Side: side, Unit: "p", Toolchain: side, Counts: map[string]int{}, Tests: tests}
	for _, outcome := range tests {
		r.Counts[outcome]++
	}
	for _, f := range failures {
		r.Failures = append(r.Failures, Failure{Test: f, Why: "reason"})
	}
	return r
}

func findings(list []Finding) string {
	var s []string
	for _, f := range list {
		s = append(s, f.Side+":"+f.Test)
	}
	return strings.Join(s, " ")
}

func TestCompare(t *testing.T) {
	base := result(Base, map[string]string{"TestA": Fail, "TestB": Pass, "TestC": Pass, "TestD": Pass, "TestE": Fail}, "TestA/x", "TestE")
	poll := result("poll", map[string]string{"TestA": Fail, "TestB": Fail, "TestC": Skip, "TestE": Pass}, "TestA", "TestB")
	poll.Flaky = []Failure{{Test: "TestE"}}
	c := Compare(base, []*Result{poll})
	for _, test := range []struct{ what, got, want string }{
		{"new", findings(c.New), "poll:TestB poll:(not run)"},
		{"both", findings(c.Both), "poll:TestA"},
		{"mended", findings(c.Mended), "poll:TestE"},
		{"flaky", findings(c.Flaky), "poll:TestE"},
		{"skipped", findings(c.Skipped), "poll:TestC"},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %q, want %q", test.what, test.got, test.want)
		}
	}
}

func TestCompareSubtests(t *testing.T) {
	base := result(Base, map[string]string{"TestA": Fail}, "TestA/x")
	off := result("off", map[string]string{"TestA": Fail}, "TestA/x", "TestA/y", "TestAB")
	if got := findings(Compare(base, []*Result{off}).New); got != "off:TestA/y off:TestAB" {
		t.Error(got)
	}
}

func TestCompareWithoutBase(t *testing.T) {
	off := result("off", map[string]string{"TestA": Fail}, "TestA")
	if got := findings(Compare(nil, []*Result{off}).New); got != "off:TestA" {
		t.Error(got)
	}
}

func TestReport(t *testing.T) {
	ok := map[string]string{"TestA": Pass}
	rp := &Report{
		Sides:   []string{Base, "poll"},
		Units:   []*Unit{{Package: "p"}},
		Results: []*Result{result(Base, ok), result("poll", ok)},
	}
	var b bytes.Buffer
	if rp.Print(&b) || !strings.Contains(b.String(), "INCOMPLETE") {
		t.Errorf("a run that stopped half-way looks green:\n%s", &b)
	}
	rp.Done = true
	b.Reset()
	if !rp.Print(&b) || !strings.Contains(b.String(), "\ncomplete: ") {
		t.Errorf("not green:\n%s", &b)
	}
	rp.Results[1] = result("poll", map[string]string{"TestA": Fail}, "TestA")
	b.Reset()
	if rp.Print(&b) || !strings.Contains(b.String(), "0 FAIL 1") || !strings.Contains(b.String(), "reason") {
		t.Errorf("the failure does not show:\n%s", &b)
	}
}

func TestStore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.json")
	rp := &Report{Results: []*Result{result("base /a", nil), result("poll /b", nil)}}
	if err := rp.Save(file); err != nil {
		t.Fatal(err)
	}
	// Only what comes from a toolchain of this run counts.
	var again Report
	sides := []*Side{{Name: "base", Toolchain: &Toolchain{GOROOT: "/a"}}, {Name: "poll", Toolchain: &Toolchain{GOROOT: "/c"}}}
	if err := again.Load(file, sides); err != nil {
		t.Fatal(err)
	}
	if len(again.Results) != 1 || again.Results[0].Side != "base /a" {
		t.Errorf("%+v", again.Results)
	}
	if err := again.Load(file+".none", sides); err != nil {
		t.Error(err)
	}
}
