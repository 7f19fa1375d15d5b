//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/zio-go/zio/cmd/ziobuild/internal/goroot"
)

// toyProgram is go build or go test -c of a program of the matrix: the result is a
// script that prints what the program would. TOY_BREAK breaks the patched side.
func toyProgram(args []string) int {
	out, pkg := "", args[len(args)-1]
	for i, a := range args {
		if a == "-o" {
			out = args[i+1]
		}
	}
	side := "base"
	if exe, err := os.Executable(); err == nil && goroot.IsAssembled(filepath.Dir(filepath.Dir(exe))) {
		side = "zio"
	}
	broken := ""
	if side == "zio" {
		broken = os.Getenv("TOY_BREAK")
	}
	if broken == "build" && os.Getenv("GOARCH") == "arm" {
		fmt.Fprintln(os.Stderr, "# runtime\nzio.go:1:1: undefined: x")
		return 1
	}
	head := fmt.Sprintf(toyHead, side, broken)
	if err := os.WriteFile(out, []byte(head+toyPrograms[pkg]), 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// isToyProgram tells the builds of programs from those of cmd/go.
func isToyProgram(args []string) bool { return toyPrograms[args[len(args)-1]] != "" }

const toyHead = `#!/bin/sh
side=%s broken=%s
backend=${GODEBUG#*zio=}
case $GODEBUG in *zio=*) backend=${backend%%%%,*} ;; *) backend=${TOY_AUTO:-epoll} ;; esac
[ $side = zio ] || backend=stock
ring=0
[ $backend != io_uring ] || ring=7
`

var toyPrograms = map[string]string{
	"./examples/echo": `
echo "50 clients, 2000 messages echoed in 1ms"
echo "backend: $backend"
[ "$broken" != echo ] || exit 3
echo "system calls saved: 1 ($ring operations in a ring, 1 reads)"
`,
	"./test/stress/prog": `
if [ $# = 0 ]; then printf 'echo\nclose\nsignals\n'; exit 2; fi
[ "$broken" != once ] || ! mkdir "$TOY_ONCE" 2>/dev/null || exit 4
echo "done ops=5 bytes=5 ring=$ring backend=$backend"
`,
	"./test/conformance/prog": `
if [ $# = 0 ]; then echo area; exit; fi
printf '=== area/a\n1\n=== area/b\n'
[ "$broken" != differ ] || echo other
[ "$broken" != cut ] || exit 0
echo complete
`,
	"internal/poll": `
printf '\026=== RUN   TestA\n\026--- PASS: TestA (0.00s)\n\026=== RUN   TestB\n'
if [ "$broken" = test ]; then printf '\026--- FAIL: TestB (0.00s)\n\026FAIL\n'; exit 1; fi
printf '\026--- PASS: TestB (0.00s)\n\026PASS\n'
`,
}
