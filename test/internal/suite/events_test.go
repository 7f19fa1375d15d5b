package suite

import (
	"io"
	"slices"
	"strings"
	"testing"
)

// events is a helper for streams: "action test output" lines become events.
func events(lines ...string) string {
	var b strings.Builder
	for _, l := range lines {
		f := strings.SplitN(l, "|", 3)
		b.WriteString(`{"Action":"` + f[0] + `"`)
		if len(f) > 1 && f[1] != "" {
			b.WriteString(`,"Test":"` + f[1] + `"`)
		}
		if len(f) > 2 {
			b.WriteString(`,"Output":"` + f[2] + `\n"`)
		}
		b.WriteString(`,"Package":"p","Elapsed":1.5}` + "\n")
	}
	return b.String()
}

func mustParse(t *testing.T, stream string) *run {
	t.Helper()
	r, err := parse(strings.NewReader(stream), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParsePass(t *testing.T) {
	var log strings.Builder
	r, err := parse(strings.NewReader(events("start", "run|TestA", "output|TestA|hello", "pass|TestA", "run|TestB", "skip|TestB", "pass")), &log)
	if err != nil {
		t.Fatal(err)
	}
	if r.outcome != Pass || r.seconds != 1.5 || r.unfinished() || len(r.failed()) != 0 {
		t.Errorf("%+v", r)
	}
	if r.tests["TestA"] != Pass || r.tests["TestB"] != Skip {
		t.Errorf("tests: %v", r.tests)
	}
	if log.String() != "hello\n" {
		t.Errorf("log: %q", log.String())
	}
}

func TestParseFailLeaves(t *testing.T) {
	r := mustParse(t, events("run|TestA", "run|TestA/x", "output|TestA/x|=== RUN   TestA/x", "output|TestA/x|    a_test.go:7: bad thing",
		"fail|TestA/x", "run|TestA/y", "pass|TestA/y", "fail|TestA", "run|TestAB", "fail|TestAB", "fail"))
	if got := r.failed(); !slices.Equal(got, []string{"TestA/x", "TestAB"}) {
		t.Errorf("failed: %v", got)
	}
	if got := r.why("TestA/x"); got != "a_test.go:7: bad thing" {
		t.Errorf("why: %q", got)
	}
}

func TestParseCrash(t *testing.T) {
	// TestP waits for its turn and is not to blame; go test does not end the
	// tests that ran when the binary died.
	r := mustParse(t, events("run|TestP", "pause|TestP", "run|TestA", "pass|TestA", "run|TestB", "run|TestB/sub",
		"output|TestB|fatal error: stop", "output|TestB|goroutine 1", "fail")+"plain text\n")
	if !r.unfinished() || r.loudLine != "fatal error: stop" {
		t.Errorf("%+v", r)
	}
	if got := r.running(); !slices.Equal(got, []string{"TestB"}) {
		t.Errorf("running: %v", got)
	}
	if got := r.finished(); !slices.Equal(got, []string{"TestA"}) {
		t.Errorf("finished: %v", got)
	}
	if r.output[""] != "plain text\n" {
		t.Errorf("output: %q", r.output[""])
	}
}

func TestParseBuildFailure(t *testing.T) {
	r := mustParse(t, events("build-output||# p", "build-output||x.go:1: no", "build-fail", "output||FAIL p [build failed]", "fail"))
	if r.built || r.outcome != Fail {
		t.Errorf("%+v", r)
	}
	if got := r.why(""); got != "x.go:1: no" {
		t.Errorf("why: %q", got)
	}
}

func TestParseBoundsOutput(t *testing.T) {
	line := "output|TestA|" + strings.Repeat("x", 1000)
	var lines []string
	for range 100 {
		lines = append(lines, line)
	}
	r := mustParse(t, events(lines...))
	if n := len(r.output["TestA"]); n > 2*keepOutput {
		t.Errorf("kept %d bytes", n)
	}
}

func TestOnly(t *testing.T) {
	if got := only([]string{"TestA", "ExampleT.x"}); got != `^(TestA|ExampleT\.x)$` {
		t.Error(got)
	}
}
