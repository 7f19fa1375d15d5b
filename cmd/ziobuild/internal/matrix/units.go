package matrix

import (
	"fmt"
	"strings"
)

// A Unit is a column of the table: something that is tested on each backend.
type Unit struct {
	Name    string
	Package string // Go tests of this package; "" for a program of the checkout
}

// Units that are no package. Build and Vet are those of the compile runner.
const (
	Echo        = "echo"
	Stress      = "stress"
	Conformance = "conformance"
	Build       = "build"
	Vet         = "vet"
)

// goPackages are the packages of Go that the patches touch, or that stand on
// them.
var goPackages = []string{"internal/poll", "net", "os", "os/exec", "sync", "time", "context", "runtime"}

// Units returns what a job tests. Packages take the place of the usual units.
func Units(j *Job, packages []string, short bool) []Unit {
	var units []Unit
	add := func(names ...string) {
		for _, n := range names {
			units = append(units, Unit{Name: n})
		}
	}
	test := func(names ...string) {
		for _, n := range names {
			units = append(units, Unit{Name: n, Package: n})
		}
	}
	switch {
	case j.Runner == Compile:
		add(Build, Vet)
	case len(packages) > 0:
		test(packages...)
	case j.Runner == Wasm:
		test("internal/poll", "os", "sync", "time", "context")
	case j.Runner == Wine:
		add(Echo)
		test("internal/poll", "net", "os")
	default:
		add(Echo, Stress, Conformance)
		switch {
		case !short:
			test(goPackages...)
		case j.Runner != QEMUSystem:
			test("internal/poll")
		}
	}
	return units
}

// how describes what a job does.
func how(j *Job, units []Unit) string {
	var names []string
	for _, u := range units {
		names = append(names, u.Name)
	}
	s := strings.Join(names, " ")
	if j.Runner == Compile {
		return s
	}
	return fmt.Sprintf("%s on %s", s, strings.Join(j.Backends(), " "))
}
