package suite

import (
	"fmt"
	"slices"
	"strings"
)

// A Finding is a test whose outcome on a side deserves a line.
type Finding struct {
	Side, Unit string
	Failure
	Log string
}

// A Comparison says how the sides differ from the base.
type Comparison struct {
	New     []Finding // fails here, and not on the base
	Both    []Finding // fails here and on the base
	Mended  []Finding // fails on the base only
	Flaky   []Finding // failed and then passed, base included
	Skipped []Finding // passes on the base and is skipped here
}

// Compare compares the results of one unit with that of the base, which comes
// first. Without a result of the base every failure counts as new.
func Compare(base *Result, others []*Result) (c Comparison) {
	if base == nil {
		base = &Result{}
	}
	for _, r := range append([]*Result{base}, others...) {
		for _, f := range r.Flaky {
			c.Flaky = append(c.Flaky, Finding{r.Side, r.Unit, f, r.Log})
		}
	}
	for _, r := range others {
		add := func(to *[]Finding, f Failure) {
			*to = append(*to, Finding{r.Side, r.Unit, f, r.Log})
		}
		for _, f := range r.Failures {
			if hasFailure(base.Failures, f.Test) {
				add(&c.Both, f)
			} else {
				add(&c.New, f)
			}
		}
		for _, f := range base.Failures {
			if !hasFailure(r.Failures, f.Test) {
				add(&c.Mended, f)
			}
		}
		var lost []string
		for _, name := range sortedKeys(base.Tests) {
			switch outcome, ran := r.Tests[name]; {
			case !ran:
				lost = append(lost, name)
			case outcome == Skip && base.Tests[name] == Pass:
				add(&c.Skipped, Failure{Test: name})
			}
		}
		if len(lost) > 0 {
			why := fmt.Sprintf("%d tests that ran on the base: %s", len(lost), strings.Join(lost, " "))
			add(&c.New, Failure{Test: Lost, Why: clip(why)})
		}
	}
	return c
}

func hasFailure(list []Failure, test string) bool {
	return slices.ContainsFunc(list, func(f Failure) bool {
		// A test that fails as a whole here and in a subtest there fails on both.
		return f.Test == test || strings.HasPrefix(f.Test, test+"/") || strings.HasPrefix(test, f.Test+"/")
	})
}

func (c *Comparison) merge(o Comparison) {
	c.New = append(c.New, o.New...)
	c.Both = append(c.Both, o.Both...)
	c.Mended = append(c.Mended, o.Mended...)
	c.Flaky = append(c.Flaky, o.Flaky...)
	c.Skipped = append(c.Skipped, o.Skipped...)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
