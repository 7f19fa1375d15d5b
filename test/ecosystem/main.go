// Command ecosystem runs the tests of third-party programs, unchanged, with the
// base release and with the patched one on each backend, and prints one table.
// It fails if a backend has a failure that the base release lacks.
//
//	go run ./test/ecosystem [flags]
//
// The programs come through the Go module proxy; the tests use loopback only.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/zio-go/zio/test/internal/suite"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "ecosystem:", err)
	}
	os.Exit(code)
}

func run(args []string) (int, error) {
	fs := flag.NewFlagSet("ecosystem", flag.ContinueOnError)
	cmd := suite.Command{Full: true} // what is left out as long is what uses the network most
	cmd.Flags(fs)
	names := fs.String("programs", "", "comma-separated `names` (default: all)")
	if err := fs.Parse(args); err != nil {
		return 2, nil // Parse has said why
	}
	if fs.NArg() > 0 {
		return 2, fmt.Errorf("unexpected argument %s", fs.Arg(0))
	}
	list, unknown := pick(*names)
	if unknown != "" {
		return 2, fmt.Errorf("no program %q", unknown)
	}
	sides, err := cmd.Sides()
	if err != nil {
		return 2, err
	}
	tmp, err := os.MkdirTemp("", "zio-ecosystem-")
	if err != nil {
		return 2, err
	}
	defer os.RemoveAll(tmp)

	var units []*suite.Unit
	for _, p := range list {
		dir := filepath.Join(tmp, p.name)
		us, err := prepare(sides[0], p, dir)
		if err != nil {
			return 2, err
		}
		units = append(units, us...)
	}
	return cmd.Run(sides, units)
}

// prepare fetches a program and returns its packages to test.
func prepare(base *suite.Side, p program, dir string) ([]*suite.Unit, error) {
	if err := fetch(base, p, dir); err != nil {
		return nil, err
	}
	lines, err := countLines(dir)
	if err != nil {
		return nil, err
	}
	packages, err := testPackages(base, p, dir)
	if err != nil {
		return nil, err
	}
	if len(packages) == 0 {
		return nil, fmt.Errorf("%s: no package with tests", p.name)
	}
	fmt.Fprintf(os.Stderr, "%s@%s: %d lines of Go besides tests, %d packages to test: %s\n",
		p.module, p.version, lines, len(packages), p.why)
	var units []*suite.Unit
	for _, name := range packages {
		units = append(units, &suite.Unit{Group: p.name + " " + p.version, Package: name, Dir: dir, Args: p.args, Skip: p.skip})
	}
	return units, nil
}
