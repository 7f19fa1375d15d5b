//go:build linux

// Prog holds programs that bring a fault about by themselves. The tests in the
// parent directory run them. Each prints what it found; the last line of one
// that got to its end is "end".
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/zio-go/zio/test/internal/work"
)

var programs = map[string]func(args []string){}

func main() {
	debug.SetTraceback("all")
	if len(os.Args) < 2 || programs[os.Args[1]] == nil {
		var names []string
		for name := range programs {
			names = append(names, name)
		}
		slices.Sort(names)
		fmt.Fprintln(os.Stderr, "programs:", strings.Join(names, " "))
		os.Exit(2)
	}
	programs[os.Args[1]](os.Args[2:])
	fmt.Println("end")
}

// fdDir is open from the start, since it is read when there is no descriptor
// left.
var fdDir = work.Must1(os.Open("/proc/self/fd"))

// openKinds counts the open descriptors by kind: "io_uring", "socket" and so on.
func openKinds() map[string]int {
	kinds := map[string]int{}
	work.Must1(fdDir.Seek(0, io.SeekStart))
	names, err := fdDir.Readdirnames(-1)
	work.Must(err)
	for _, n := range names {
		link, err := os.Readlink("/proc/self/fd/" + n)
		if err != nil {
			continue // closed since
		}
		kind, _, _ := strings.Cut(strings.TrimPrefix(link, "anon_inode:["), "]")
		kind, _, _ = strings.Cut(kind, ":")
		kinds[kind]++
	}
	return kinds
}

// self is the command that runs this program again.
func self(args ...string) *exec.Cmd {
	cmd := exec.Command(work.Must1(os.Executable()), args...)
	cmd.Stderr = os.Stderr
	return cmd
}
