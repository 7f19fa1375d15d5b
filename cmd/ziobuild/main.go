// The ziobuild command is used instead of go: it assembles a patched GOROOT
// once and then runs that GOROOT's go command with the same arguments.
//
// Run 'ziobuild help' for its own commands.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	zio "github.com/zio-go/zio"
)

func main() { os.Exit(run(newApp(zio.Files))) }

// run runs the command line and returns the exit code: 2 for wrong usage, 1
// for a failure of ziobuild itself, else that of the go command.
func run(a *app) int {
	err := a.mainErr(os.Args[1:])
	a.progress.Done()
	var code exitCode
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &usage):
		if !strings.HasPrefix(string(usage), "usage: ") {
			fmt.Fprint(a.stderr, "ziobuild: ")
		}
		fmt.Fprintln(a.stderr, usage)
		return 2
	}
	fmt.Fprintf(a.stderr, "ziobuild: %s\n", err)
	return 1
}

// An exitCode ends the command with that code when everything that there is to
// say has been said.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// A usageError is a command line that makes no sense. It says what to type.
type usageError string

func (e usageError) Error() string { return string(e) }
