package matrix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zio-go/zio/cmd/ziobuild/internal/runner"
)

// maxDied bounds how many cases of an area may end the program.
const maxDied = 4

// died stands for the output of a case that ended the program.
const died = "the program died\n"

// addCases takes the output of a conformance program. Where a case ends it, it is
// run again without that case: an emulator that cannot do one thing leaves the rest
// to be compared.
func (it *item) addCases(r *runner.Result) {
	if it.cases == nil {
		it.cases = map[string]string{}
	}
	out, whole := strings.CutSuffix(r.Stdout, "complete\n")
	whole = whole && r.Bad() == ""
	last := ""
	for _, c := range strings.Split(out, "=== ")[1:] {
		name, body, _ := strings.Cut(c, "\n")
		last = strings.TrimPrefix(name, it.part+"/")
		it.cases[last] = body
		it.note(last, body)
	}
	it.out.Status, it.out.Why, it.out.Failures, it.compared, it.differs = Pass, "", nil, false, false
	if whole {
		return
	}
	why := fmt.Sprintf("%s in %s: %s", r.Bad(), last, firstLine(r.Stderr))
	if last == "" {
		it.out.Status, it.out.Why = Fail, why
		return
	}
	it.cases[last] = died
	it.note(last, died)
	it.whys = append(it.whys, why)
	if it.resume++; it.resume > maxDied {
		it.out.Status, it.out.Why = Fail, "too many cases end the program: "+why
		return
	}
	it.queued = true
	it.task.Args = it.areaArgs()
}

// note keeps everything that a case has printed: what the base prints sometimes, on a
// busy machine, is as right as what it prints always.
func (it *item) note(name, body string) {
	if it.printed == nil {
		it.printed = map[string][]string{}
	}
	if !slices.Contains(it.printed[name], body) {
		it.printed[name] = append(it.printed[name], body)
	}
}

// repeatCases queues the cases that differ for another try, with the base's.
func (it *item) repeatCases(base *item) {
	for _, i := range []*item{it, base} {
		leave := slices.Clone(i.leave)
		for name := range base.cases {
			if !slices.Contains(it.out.Failures, name) {
				leave = append(leave, name)
			}
		}
		slices.Sort(leave)
		i.task.Args = []string{i.part, "-" + strings.Join(leave, ",")}
		i.queued, i.whys, i.resume = true, nil, 0
	}
}

// areaArgs are the arguments of a conformance program that leaves out what is known.
func (it *item) areaArgs() []string {
	leave := slices.Clone(it.leave)
	for name := range it.cases {
		leave = append(leave, name)
	}
	if len(leave) == 0 {
		return []string{it.part}
	}
	slices.Sort(leave)
	return []string{it.part, "-" + strings.Join(leave, ",")}
}

// compare says what a conformance item has that the base's has not. What ended both
// programs is a failure of both.
func (it *item) compare(base *item) {
	if it.unit.Name != Conformance || it.compared || it.queued || base.queued || it.cases == nil || base.cases == nil {
		return
	}
	it.compared = true
	base.dead()
	it.dead()
	if it.out.Status.Bad() && len(it.out.Failures) == 0 {
		return // it has no whole output to compare
	}
	var differ []string
	for name, want := range base.cases {
		// What ends the base's program says nothing of ours.
		if !slices.Contains(base.printed[name], it.cases[name]) && want != died {
			differ = append(differ, name)
		}
	}
	for name := range it.cases {
		if _, ok := base.cases[name]; !ok {
			differ = append(differ, name)
		}
	}
	if len(differ) == 0 {
		return
	}
	slices.Sort(differ)
	it.out.Status, it.differs = Fail, true
	it.out.Failures = differ
	it.out.Why = clip(fmt.Sprintf("not as the base: %s", strings.Join(differ, " ")))
	for _, name := range differ {
		it.diff += fmt.Sprintf("# %s\n## the base printed\n%s## zio printed\n%s", name, base.cases[name], it.cases[name])
	}
}

// dead marks an item some of whose cases ended the program.
func (it *item) dead() {
	if len(it.whys) == 0 || it.out.Status.Bad() {
		return
	}
	it.out.Status, it.out.Why = Fail, clip(strings.Join(it.whys, "; "))
	for name, body := range it.cases {
		if body == died {
			it.out.Failures = append(it.out.Failures, name)
		}
	}
	slices.Sort(it.out.Failures)
}
