// Package doctor looks at what the machine offers to programs built with
// ziobuild: the kernel, io_uring, and limits.
package doctor

import "fmt"

// A Status is the verdict of one check.
type Status string

// A failed check means that ziobuild cannot work here; a warning means that
// something is slower or bites later.
const (
	OK   Status = "ok"
	Warn Status = "warn"
	Fail Status = "fail"
)

// A Check is one line of the report.
type Check struct {
	Name   string
	Status Status
	Detail string
	Fix    string `json:",omitempty"` // what to do, a command where there is one
}

// String is the line as it is printed.
func (c Check) String() string {
	s := fmt.Sprintf("%-4s  %-11s %s", c.Status, c.Name, c.Detail)
	if c.Fix != "" {
		s += "\n                  -> " + c.Fix
	}
	return s
}

func okf(name, format string, args ...any) Check {
	return Check{Name: name, Status: OK, Detail: fmt.Sprintf(format, args...)}
}

func warn(name, fix, format string, args ...any) Check {
	return Check{Name: name, Status: Warn, Detail: fmt.Sprintf(format, args...), Fix: fix}
}
