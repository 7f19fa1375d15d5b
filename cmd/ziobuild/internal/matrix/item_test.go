package matrix

import (
	"slices"
	"strings"
	"testing"

	"github.com/zio-go/zio/cmd/ziobuild/internal/runner"
)

func conf(results ...*runner.Result) *item {
	it := &item{unit: Unit{Name: Conformance}, part: "area", task: runner.Task{File: "prog"}}
	for _, r := range results {
		it.add(r)
	}
	return it
}

// Conformance programs are compared case by case, and what ends one of them does
// not hide the cases behind it.
func TestConformance(t *testing.T) {
	whole := func(out string) *runner.Result { return &runner.Result{Stdout: out + "complete\n"} }
	dead := func(out string) *runner.Result {
		return &runner.Result{Code: 2, Stdout: out, Stderr: "panic: boom\n"}
	}
	const a, b, c = "=== area/a\n1\n", "=== area/b\n2\n", "=== area/c\n3\n"
	for _, x := range []struct {
		name      string
		base, zio []*runner.Result
		status    Status
		isNew     string
	}{
		{"same", []*runner.Result{whole(a + b)}, []*runner.Result{whole(a + b)}, Pass, ""},
		{"differs", []*runner.Result{whole(a + b)}, []*runner.Result{whole(a + "=== area/b\nx\n")}, Fail, "not as the base: b"},
		{"fewer", []*runner.Result{whole(a + b)}, []*runner.Result{whole(a)}, Fail, "not as the base: b"},
		{"more", []*runner.Result{whole(a)}, []*runner.Result{whole(a + b)}, Fail, "not as the base: b"},
		{"cut", []*runner.Result{whole(a + b)}, []*runner.Result{{Stdout: a}, whole(b)}, Fail, "not as the base: a"},
		{"dies", []*runner.Result{whole(a + b + c)}, []*runner.Result{dead(a + b), whole(c)}, Fail, "not as the base: b"},
		{"both die", []*runner.Result{dead(a + b), whole(c)}, []*runner.Result{dead(a + b), whole(c)}, Fail, ""},
		{"both die, and more", []*runner.Result{dead(a + b), whole(c)}, []*runner.Result{dead(a + b), whole("=== area/c\nx\n")}, Fail, "not as the base: c"},
		{"base dies", []*runner.Result{dead(a + b), whole(c)}, []*runner.Result{whole(a + b + c)}, Pass, ""},
		{"nothing", []*runner.Result{whole(a)}, []*runner.Result{{Code: 2}}, Fail, "exit status 2"},
	} {
		base, it := conf(x.base...), conf(x.zio...)
		it.compare(base)
		if it.queued || base.queued || it.out.Status != x.status || !strings.HasPrefix(isNew(it, base), x.isNew) || (isNew(it, base) == "") != (x.isNew == "") {
			t.Errorf("%s: %+v, new %q", x.name, it.out, isNew(it, base))
		}
	}
}

// An emulator that runs nothing is no success, though the base fails as well; one on
// which some tests fail on both sides is.
func TestReportOK(t *testing.T) {
	report := func(o Outcome) *Report {
		return &Report{Complete: true, Rows: []*Row{{Cells: []*Cell{{Unit: "u", Parts: []*Part{{Zio: o, Base: o}}}}}}}
	}
	if report(Outcome{Status: Fail, Why: "exec format error"}).OK() == nil {
		t.Error("nothing ran, and that is a success")
	}
	if err := report(Outcome{Status: Fail, Failures: []string{"TestA"}}).OK(); err != nil {
		t.Error(err)
	}
	if report(Outcome{}).OK() == nil {
		t.Error("what was not run is a success")
	}
	r := report(Outcome{Status: Pass})
	if r.Complete = false; r.OK() == nil {
		t.Error("a report that was cut short is a success")
	}
}

// A program of ours that builds on neither side is a failure of ours.
func TestDoesNotBuild(t *testing.T) {
	it := &item{unit: Unit{Name: Echo}, out: Outcome{Status: Fail, Why: "does not build: x"}}
	base := &item{unit: Unit{Name: Echo}, out: Outcome{Status: Fail, Why: "does not build: x"}}
	if isNew(it, base) == "" {
		t.Error("it counts as a failure of the base")
	}
}

// After a case that ended the program the rest is run without it.
func TestConformanceResumes(t *testing.T) {
	it := conf(&runner.Result{TimedOut: true, Stdout: "=== area/a\n1\n=== area/b\n"})
	if !it.queued || !slices.Equal(it.task.Args, []string{"area", "-a,b"}) {
		t.Errorf("queued %v, %q", it.queued, it.task.Args)
	}
}

// What differs is repeated on both sides, and right is what the base ever printed.
func TestConformanceRepeats(t *testing.T) {
	base := conf(&runner.Result{Stdout: "=== area/a\n1\n=== area/b\nslow\ncomplete\n"})
	it := conf(&runner.Result{Stdout: "=== area/a\n1\n=== area/b\nquick\ncomplete\n"})
	it.compare(base)
	it.again(base)
	for _, i := range []*item{it, base} {
		if !i.queued || !slices.Equal(i.task.Args, []string{"area", "-a"}) {
			t.Fatalf("queued %v, %q", i.queued, i.task.Args)
		}
	}
	base.add(&runner.Result{Stdout: "=== area/b\nquick\ncomplete\n"})
	it.add(&runner.Result{Stdout: "=== area/b\nslow\ncomplete\n"})
	it.compare(base)
	it.settle()
	if it.out.Status != Flaky || it.queued || base.queued {
		t.Errorf("%+v", it.out)
	}
}

const mark = reportMark

func goTest(out string, code int) *item {
	it := &item{unit: Unit{Name: "net", Package: "net"}, part: "net", resume: maxResumes}
	it.add(&runner.Result{Stdout: out, Code: code})
	return it
}

// The output of test binaries: what failed, what it died in, and what only looks
// like a report.
func TestGoTest(t *testing.T) {
	run := func(name, how string) string {
		return mark + "=== RUN   " + name + "\n" + mark + "--- " + how + ": " + name + " (0.00s)\n"
	}
	for _, x := range []struct {
		name   string
		out    string
		code   int
		status Status
		failed string
	}{
		{"pass", run("TestA", "PASS") + mark + "PASS\n", 0, Pass, ""},
		{"fail", run("TestA", "PASS") + run("TestB", "FAIL") + mark + "FAIL\n", 1, Fail, "TestB"},
		{"subtest", run("TestB/x", "FAIL") + run("TestB", "FAIL") + run("TestBC", "FAIL") + mark + "FAIL\n", 1, Fail, "TestB/x TestBC"},
		{"no end", run("TestA", "PASS"), 0, Fail, ""},
		{"died", run("TestA", "PASS") + mark + "=== RUN   TestB\npanic\n", 2, Fail, ""},
		{"exit code", run("TestA", "PASS") + mark + "PASS\n", 3, Fail, ""},
		{"printed", run("TestA", "PASS") + "--- FAIL: TestX (0.00s)\nFAIL\n" + mark + "PASS\n", 0, Pass, ""},
		{"behind output", "text" + run("TestA", "FAIL") + mark + "FAIL\n", 1, Fail, "TestA"},
		{"empty", mark + "PASS\n", 0, Skip, ""},
	} {
		it := goTest(x.out, x.code)
		if it.out.Status != x.status || strings.Join(it.out.Failures, " ") != x.failed {
			t.Errorf("%s: %+v", x.name, it.out)
		}
	}
}

// A test binary that dies is continued behind the test that it died in, and both
// count.
func TestGoTestResumes(t *testing.T) {
	it := &item{unit: Unit{Name: "net", Package: "net"}, part: "net"}
	it.add(&runner.Result{Stdout: mark + "=== RUN   TestA\n" + mark + "--- PASS: TestA (0s)\n" + mark + "=== RUN   TestB\n", Code: 2})
	if !it.queued || it.task.Args[len(it.task.Args)-1] != "-test.skip=^(TestA|TestB)$" {
		t.Fatalf("queued %v, %q", it.queued, it.task.Args)
	}
	it.add(&runner.Result{Stdout: mark + "=== RUN   TestC\n" + mark + "--- PASS: TestC (0s)\n" + mark + "PASS\n"})
	if it.queued || it.out.Status != Fail || !slices.Equal(it.out.Failures, []string{"TestB"}) {
		t.Errorf("%+v", it.out)
	}
}

// A failure of both is none of ours; a part of a test that fails as a whole on the
// base is neither.
func TestBeyond(t *testing.T) {
	got := beyond([]string{"TestA", "TestB/x", "TestC", "TestDD"}, []string{"TestA", "TestB", "TestC/y", "TestD"})
	if !slices.Equal(got, []string{"TestDD"}) {
		t.Error(got)
	}
}

// The programs' own words decide: the backend, the counters, the last line.
func TestPrograms(t *testing.T) {
	echo := func(backend string, ring string) string {
		return "50 clients, 2000 messages echoed in 1s\nbackend: " + backend + "\nsystem calls saved: 1 (" + ring + " operations in a ring, 1 reads)\n"
	}
	for _, x := range []struct {
		unit, backend, want, out, why string
	}{
		{Echo, "auto", "io_uring", echo("io_uring", "10"), ""},
		{Echo, "auto", "io_uring", echo("epoll", "0"), "auto took epoll, but this kernel has io_uring"},
		{Echo, "io_uring", "io_uring", echo("io_uring", "0"), "0 operations went through a ring"},
		{Echo, "epoll", "epoll", echo("epoll", "3"), "3 operations went through a ring"},
		{Echo, "io_uring", "io_uring", echo("io_uring", "10") + "the kernel does NOT agree: 0\n", "the kernel's count"},
		{Echo, "epoll", "epoll", "backend: epoll\n", "stopped half-way"},
		{Echo, "", "", "50 clients, 2000 messages echoed in 1s\nbackend: stock Go\n", ""},
		{Stress, "io_uring", "io_uring", "done ops=5 bytes=1 ring=3 backend=io_uring\n", ""},
		{Stress, "io_uring", "io_uring", "done ops=0 bytes=0 ring=0 backend=io_uring\n", "nothing done"},
		{Stress, "poll", "poll", "done ops=5 bytes=1 ring=0 backend=epoll\n", "ran on epoll instead of poll"},
		{Stress, "poll", "poll", "done ops=5 bytes=1", "no completion line"},
	} {
		it := programItem(Unit{Name: x.unit}, "p", x.backend, x.want, 1)
		it.add(&runner.Result{Stdout: x.out})
		if (it.out.Status == Pass) != (x.why == "") || !strings.Contains(it.out.Why, x.why) {
			t.Errorf("%s %s on %q: %+v", x.unit, x.backend, x.out, it.out)
		}
	}
}
