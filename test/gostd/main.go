// Command gostd runs Go's own tests of the packages that the patches touch, with
// the base release and with the patched one on each backend, and prints one
// table. It fails if a backend has a failure that the base release lacks.
//
//	go run ./test/gostd [flags] [packages]
//
// Without packages it takes those of the standard list, and some of them once
// more with the race detector; all of it takes hours.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/zio-go/zio/test/internal/suite"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "gostd:", err)
	}
	os.Exit(code)
}

func run(args []string) (int, error) {
	fs := flag.NewFlagSet("gostd", flag.ContinueOnError)
	var cmd suite.Command
	cmd.Flags(fs)
	race := fs.String("race", "also", "race detector: `off`, also (for packages of the race list), only (for all that are named)")
	list := fs.Bool("list", false, "list the packages and exit")
	if err := fs.Parse(args); err != nil {
		return 2, nil // Parse has said why
	}
	if *race != "off" && *race != "also" && *race != "only" {
		return 2, fmt.Errorf("-race=%s: use off, also or only", *race)
	}
	sides, err := cmd.Sides()
	if err != nil {
		return 2, err
	}
	units, err := units(sides[0], fs.Args(), *race)
	if err != nil {
		return 2, err
	}
	if *list {
		for _, u := range units {
			fmt.Println(u.Name())
		}
		return 0, nil
	}
	return cmd.Run(sides, units)
}
