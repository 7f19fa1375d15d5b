package suite

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/zio-go/zio/internal/hang"
)

// grace is what a test binary gets beyond its timeout: go test allows for the
// build, the dump of all goroutines, and its own SIGQUIT a minute later.
const grace = 10 * time.Minute

// goTest runs 'go test -json' for one package in dir. It only fails if go test
// could not be run at all.
func goTest(s *Side, dir string, args []string, timeout time.Duration, log io.Writer) (*run, error) {
	full := append([]string{"test", "-json", "-vet=off", "-count=1", "-timeout=" + timeout.String()}, args...)
	fmt.Fprintf(log, "# %s: go %q\n", s.Name, full)
	cmd := exec.Command(s.Go, full...)
	cmd.Dir = dir
	cmd.Env = s.Env()
	hang.Group(cmd)
	pr, pw, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer pr.Close()
	cmd.Stdout, cmd.Stderr = pw, pw
	err = cmd.Start()
	pw.Close()
	if err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	limit := time.AfterFunc(timeout+grace, func() { hang.End(cmd, ended, time.Minute) })
	defer limit.Stop()

	type parsed struct {
		*run
		error
	}
	done := make(chan parsed, 1)
	go func() {
		r, err := parse(pr, log)
		done <- parsed{r, err}
	}()
	waitErr := cmd.Wait()
	close(ended)
	hang.Kill(cmd)
	var p parsed
	select {
	case p = <-done:
	case <-time.After(10 * time.Second):
		// A process that left the group holds the pipe.
		pr.SetReadDeadline(time.Now())
		if p = <-done; errors.Is(p.error, os.ErrDeadlineExceeded) {
			p.error = nil
		}
	}
	if p.error != nil {
		return nil, p.error
	}
	if waitErr != nil && p.outcome != Fail {
		// It ended without saying so, or after saying otherwise.
		p.outcome = ""
		if p.loudLine == "" {
			p.loudLine = "go test: " + waitErr.Error()
		}
	}
	return p.run, nil
}
