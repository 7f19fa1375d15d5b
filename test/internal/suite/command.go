package suite

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Command is a program that tests units on sides. Its flags are the same
// whatever the units are.
type Command struct {
	sides, zio, base string
	runPat           string
	out, logs        string
	resume           bool
	Full             bool // default of -full
	timeout          time.Duration
}

// Flags defines the flags of the command.
func (c *Command) Flags(fs *flag.FlagSet) {
	fs.StringVar(&c.sides, "sides", strings.Join(Backends, ","), "backends to test, besides the base; \"epoll+scope\" puts every goroutine into a scope of package zio")
	fs.StringVar(&c.zio, "zio", "", "patched go `command` (default: what ziobuild assembles)")
	fs.StringVar(&c.base, "base", "", "unpatched go `command` (default: that of the pinned release)")
	fs.StringVar(&c.runPat, "run", "", "run only tests that match `pattern`")
	fs.DurationVar(&c.timeout, "timeout", 10*time.Minute, "time that a package may take")
	fs.BoolVar(&c.Full, "full", c.Full, "run long tests too (without -short)")
	fs.StringVar(&c.out, "o", "", "save the results in `file` (JSON), after each package")
	fs.BoolVar(&c.resume, "resume", false, "keep the results that the file named by -o has")
	fs.StringVar(&c.logs, "logs", "", "`folder` for the output of packages with failures (default: a temporary one)")
}

// Sides returns the sides that the flags ask for.
func (c *Command) Sides() ([]*Side, error) {
	return Sides(c.sides, c.zio, c.base)
}

// Run runs the units on the sides, prints the table and returns the exit code.
func (c *Command) Run(sides []*Side, units []*Unit) (int, error) {
	rn := &Runner{Timeout: c.timeout, Logs: c.logs}
	if !c.Full {
		rn.Args = append(rn.Args, "-short")
	}
	if c.runPat != "" {
		rn.Args = append(rn.Args, "-run="+c.runPat)
	}
	if err := c.logDir(rn); err != nil {
		return 2, err
	}
	rp := &Report{Units: units}
	for _, s := range sides {
		rp.Sides = append(rp.Sides, s.Name)
	}
	if c.resume && c.out != "" {
		if err := rp.Load(c.out, sides); err != nil {
			return 2, err
		}
	}
	for i, u := range units {
		for _, s := range sides {
			if rp.Find(s.Name, u) != nil {
				continue
			}
			begin := time.Now()
			r, err := rn.Run(s, u)
			if err != nil {
				return 2, err
			}
			rp.Results = append(rp.Results, r)
			progress(i, len(units), r, time.Since(begin))
			if c.out != "" {
				if err := rp.Save(c.out); err != nil {
					return 2, err
				}
			}
		}
	}
	rp.Done = true
	if c.out != "" {
		if err := rp.Save(c.out); err != nil {
			return 2, err
		}
	}
	ok := rp.Print(os.Stdout)
	os.Remove(rn.Logs) // if nothing failed it is empty
	if !ok {
		return 1, nil
	}
	return 0, nil
}

func (c *Command) logDir(rn *Runner) (err error) {
	if rn.Logs == "" {
		rn.Logs, err = os.MkdirTemp("", "zio-tests-")
		return err
	}
	if rn.Logs, err = filepath.Abs(rn.Logs); err != nil {
		return err
	}
	return os.MkdirAll(rn.Logs, 0o777)
}

// progress writes a line on standard error: the table comes at the end, which
// may be hours away.
func progress(i, n int, r *Result, took time.Duration) {
	word := "ok"
	if !r.OK() {
		word = "FAIL"
	}
	fmt.Fprintf(os.Stderr, "[%d/%d] %-4s %-8s %s: %s (%s with the build)\n",
		i+1, n, word, r.Side, r.Unit, cell([]*Result{r}), took.Round(time.Second))
	for _, f := range r.Failures {
		fmt.Fprintf(os.Stderr, "        %s: %s\n", f.Test, f.Why)
	}
}
