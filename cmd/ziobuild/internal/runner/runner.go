// Package runner runs programs of a port on this machine: directly, or under an
// emulator. What cannot be run here is an error that says which tool is missing,
// never a result.
package runner

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A Task is one run of a program.
type Task struct {
	ID      string // unique among the tasks of a call
	File    string // the program
	Args    []string
	Env     []string      // added to an environment that says nothing of Go
	Dir     string        // where it runs, with the files that it needs; "" for an empty folder
	Timeout time.Duration // then it is asked for its stacks and killed
	Alone   bool          // no other of the call's tasks runs meanwhile
}

// together returns how many of the tasks may run at the same time, most at most.
func together(tasks []Task, most int) int {
	if slices.ContainsFunc(tasks, func(t Task) bool { return t.Alone }) {
		return 1
	}
	return most
}

// A Result is what became of a task.
type Result struct {
	ID             string
	Code           int    // exit status, -1 if a signal ended it
	Signal         string `json:",omitempty"`
	TimedOut       bool   `json:",omitempty"`
	Stdout, Stderr string // the ends, if they are very long
	Seconds        float64
	Lost           string `json:",omitempty"` // why there is no result; "" if there is one
}

// Bad says in a line how a program ended that did not end well, "" if it did.
func (r *Result) Bad() string {
	switch {
	case r.Lost != "":
		return r.Lost
	case r.TimedOut:
		return fmt.Sprintf("took longer than %.0f s", r.Seconds)
	case r.Signal != "":
		return "killed: " + r.Signal
	case r.Code != 0:
		return fmt.Sprintf("exit status %d", r.Code)
	}
	return ""
}

// A Runner runs programs of one port.
type Runner interface {
	// Check returns why nothing can be run here, as a *Missing if a tool is not
	// there.
	Check() error
	// Version names the emulator and its version, and the kernel where it is
	// not this machine's. Before Run it may not know the kernel.
	Version() string
	// Run runs the tasks, calls done with a result for each, from one goroutine,
	// and returns when all have ended. Its error says that no more can be run.
	Run(ctx context.Context, tasks []Task, done func(*Result)) error
}

// A Missing error says that a tool is not on this machine.
type Missing struct {
	Tool string
	Fix  string // what to do
}

func (m *Missing) Error() string { return fmt.Sprintf("no %s here: %s", m.Tool, m.Fix) }

// keep bounds what is kept of each output of a task.
const keep = 4 << 20

// A tail keeps the end of what is written to it.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if len(t.b) > 2*keep {
		t.b = append(t.b[:0], t.b[len(t.b)-keep:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	if len(t.b) > keep {
		return string(t.b[len(t.b)-keep:])
	}
	return string(t.b)
}

// none runs nothing.
type none struct{ err error }

// None returns a runner that is not there, and says why.
func None(why error) Runner { return none{why} }

func (n none) Check() error    { return n.err }
func (n none) Version() string { return "" }
func (n none) Run(context.Context, []Task, func(*Result)) error {
	return n.err
}
