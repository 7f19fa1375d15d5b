package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zio-go/zio/test/internal/suite"
)

// standard are the packages that the patches touch and those that stand on
// them.
var standard = []string{
	"net", "net/...", "crypto/tls", "internal/poll", "os", "os/exec", "os/signal", "syscall", "context", "time",
	"sync/...", "io/...", "bufio", "runtime", "runtime/pprof", "runtime/trace", "testing/synctest", "log/...",
	"database/sql",
}

// raced are the packages that run with the race detector too.
var raced = []string{"net", "net/http", "internal/poll", "os", "sync"}

// units returns what to test: packages, or the standard ones if there are none.
func units(s *suite.Side, packages []string, race string) ([]*suite.Unit, error) {
	named := len(packages) > 0
	if !named {
		packages = standard
		if race == "only" {
			packages = raced
		}
	}
	packages, err := expand(s, packages)
	if err != nil {
		return nil, err
	}
	return plan(packages, race), nil
}

// plan returns the units for packages, those with the race detector last.
func plan(packages []string, race string) (list []*suite.Unit) {
	if race != "only" {
		for _, p := range packages {
			list = append(list, &suite.Unit{Package: p})
		}
	}
	for _, p := range packages {
		if race == "only" || race == "also" && slices.Contains(raced, p) {
			list = append(list, &suite.Unit{Package: p, Race: true})
		}
	}
	return list
}

// expand resolves patterns to the packages that have tests, each once.
func expand(s *suite.Side, patterns []string) ([]string, error) {
	const format = "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}"
	var list []string
	// One call for each pattern keeps the order.
	for _, p := range patterns {
		cmd := exec.Command(s.Go, "list", "-f", format, p)
		cmd.Dir = filepath.Join(s.GOROOT, "src")
		cmd.Env = s.Env()
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("go list %s: %w", p, err)
		}
		found := strings.Fields(string(out))
		if len(found) == 0 {
			return nil, fmt.Errorf("%s: no package with tests", p)
		}
		for _, name := range found {
			if !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	return list, nil
}
