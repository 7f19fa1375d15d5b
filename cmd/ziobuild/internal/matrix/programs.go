package matrix

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/zio-go/zio/cmd/ziobuild/internal/runner"
)

// Programs of the checkout. They say what the driver in their folder says, but run
// where that driver cannot.
var programPackages = map[string]string{
	Echo:        "./examples/echo",
	Stress:      "./test/stress/prog",
	Conformance: "./test/conformance/prog",
}

// pokedFrom are the stress programs that a driver has to disturb from outside.
var pokedFrom = []string{"signals"}

// shortStress are the stress programs of the short matrix: one for each way in
// which goroutines wait, end and are interrupted.
var shortStress = []string{"echo", "lockstep", "pipelined", "deadline", "close", "reuse", "stack", "locked", "rights", "handlers"}

// debugOf returns the settings that a program needs besides the backend. At the
// urgent mark the kernel answers EAGAIN while a signal is pending, with upstream's
// poller, too.
func debugOf(unit, part string) string {
	if unit == Stress && part == "oob" || unit == Conformance && part == "urgent" {
		return "asyncpreemptoff=1"
	}
	return ""
}

// programItem returns the item of a program, without its file. slow is about how
// much slower than this machine the port is.
func programItem(u Unit, part, backend, want string, slow int) *item {
	it := &item{unit: u, part: part, backend: backend, want: want}
	it.task = runner.Task{
		ID:      strings.Join([]string{u.Name, part, backend}, " "),
		Env:     []string{"GODEBUG=" + godebug(backend, debugOf(u.Name, part)), "GOMAXPROCS=2"},
		Timeout: time.Duration(slow) * time.Minute,
	}
	switch u.Name {
	case Echo:
		it.judge = judgeEcho
		it.task.Args = []string{"-c", "50", "-n", "40"}
	case Stress:
		it.judge = judgeStress
		// A slow processor needs a while for the first operation.
		it.task.Args = []string{"-t", fmt.Sprintf("%dms", 150*(slow+1)), part}
	}
	return it
}

func godebug(backend, more string) string {
	var list []string
	if backend != "" && backend != Auto {
		list = append(list, "zio="+backend)
	}
	if more != "" {
		list = append(list, more)
	}
	return strings.Join(list, ",")
}

var (
	echoDone    = regexp.MustCompile(`(?m)^50 clients, 2000 messages echoed`)
	echoBackend = regexp.MustCompile(`(?m)^backend: (\S+)`)
	echoRing    = regexp.MustCompile(`\((\d+) operations in a ring`)
	stressDone  = regexp.MustCompile(`(?m)^done ops=(\d+) bytes=\d+ ring=(\d+) backend=(\S+)$`)
)

func (it *item) fail(format string, args ...any) {
	it.out.Status, it.out.Why = Fail, clip(fmt.Sprintf(format, args...))
}

// onBackend checks which backend a program ran on.
func (it *item) onBackend(got string) bool {
	switch {
	case it.want == "" || it.want == got:
		return true
	case it.backend == Auto && it.want == "io_uring":
		it.fail("auto took %s, but this kernel has io_uring", got)
	default:
		it.fail("ran on %s instead of %s", got, it.want)
	}
	return false
}

func judgeEcho(it *item, r *runner.Result) {
	m := echoBackend.FindStringSubmatch(r.Stdout)
	switch {
	case m == nil || !echoDone.MatchString(r.Stdout):
		it.fail("stopped half-way: %q", r.Stdout)
		return
	case it.want == "" || !it.onBackend(m[1]):
		return
	}
	if m := echoRing.FindStringSubmatch(r.Stdout); m != nil {
		it.ring, _ = strconv.Atoi(m[1])
	}
	switch {
	case strings.Contains(r.Stdout, "does NOT agree"):
		it.fail("the kernel's count of completions is another: %s", lineWith(r.Stdout, "does NOT agree"))
	case (it.want == "io_uring") != (it.ring > 0):
		it.fail("%d operations went through a ring", it.ring)
	}
}

func lineWith(s, sub string) string {
	for line := range strings.Lines(s) {
		if strings.Contains(line, sub) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

func judgeStress(it *item, r *runner.Result) {
	m := stressDone.FindStringSubmatch(r.Stdout)
	switch {
	case m == nil:
		it.fail("no completion line: %q", r.Stdout)
	case !it.onBackend(m[3]):
	case m[1] == "0":
		it.fail("nothing done")
	default:
		it.ring, _ = strconv.Atoi(m[2])
	}
}
