//go:build linux

// Jail runs a program in which some system calls fail.
//
//	jail call=errno... -- program arguments
//
// With "trap" for an error number the call raises SIGSYS, with "kill" it ends the
// program. With "ask" each such call is decided by whoever is at the other end of
// the socket that is descriptor 3, which gets the listener.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/zio-go/zio/test/internal/seccomp"
	"golang.org/x/sys/unix"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "jail:", err)
		os.Exit(3)
	}
}

func run(args []string) error {
	runtime.LockOSThread() // which the filter is for, and which executes
	rules := seccomp.Rules{}
	for len(args) > 0 && args[0] != "--" {
		name, value, _ := strings.Cut(args[0], "=")
		call, ok := seccomp.Calls[name]
		if !ok {
			return fmt.Errorf("no system call %q", name)
		}
		errno, ok := seccomp.Errnos[value]
		if !ok {
			return fmt.Errorf("no error number %q", value)
		}
		rules[call] = errno
		args = args[1:]
	}
	if len(args) < 2 {
		return fmt.Errorf("no program")
	}
	listener, err := seccomp.Install(rules, false)
	if err != nil {
		return err
	}
	if listener >= 0 {
		if err := unix.Sendmsg(3, []byte{0}, unix.UnixRights(listener), nil, 0); err != nil {
			return err
		}
		unix.Close(listener)
		unix.Close(3)
	}
	return unix.Exec(args[1], args[1:], os.Environ())
}
