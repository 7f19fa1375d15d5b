//go:build linux

// Package fault makes system calls fail and limits run out under programs that
// do I/O, and checks that nothing is lost and that errors are clear. Each
// file is about one kind of fault.
package fault

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/seccomp"
	"github.com/zio-go/zio/test/internal/zgo"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { zgo.Main(m) }

// load returns the stress program, and the arguments that make it echo for a
// moment over connections whose every byte is checked.
func load(t *testing.T, name string) (bin string, args []string) {
	return zgo.Patched(t).Build(t, "../stress/prog"), []string{"-t", "400ms", name}
}

func jail(t *testing.T) string { return zgo.Stock(t).Build(t, "./jail") }

// inJail returns the command line of a program in which system calls fail.
func inJail(t *testing.T, faults []string, bin string, args ...string) (string, []string) {
	return jail(t), append(append(append([]string(nil), faults...), "--", bin), args...)
}

// needJail skips the test where filters cannot be installed.
func needJail(t *testing.T, faults ...string) {
	t.Helper()
	path, args := inJail(t, faults, "/bin/true")
	r := child.Run(child.Cmd{Path: path, Args: args})
	if r.Code == 3 {
		t.Skipf("no seccomp filter can be installed here: %s", r.Stderr)
	}
}

var doneLine = regexp.MustCompile(`(?m)^done ops=(\d+) bytes=(\d+) ring=(\d+) backend=(\S+)$`)

// checkDone checks that a stress program ended well on a backend, and returns
// how many operations a ring performed.
func checkDone(t *testing.T, r child.Result, backend string) (ring int) {
	t.Helper()
	if bad := r.Bad(); bad != "" {
		t.Fatal(bad)
	}
	m := doneLine.FindStringSubmatch(r.Stdout)
	if m == nil {
		t.Fatalf("no completion line in %q", r.Stdout)
	}
	if m[1] == "0" {
		t.Fatalf("nothing done: %s", m[0])
	}
	if m[4] != backend {
		t.Fatalf("ran on %s, want %s", m[4], backend)
	}
	fmt.Sscan(m[3], &ring)
	return ring
}

// runAsked runs a program in which each of some system calls is decided by
// decide, as seccomp.Serve says.
func runAsked(t *testing.T, calls []string, decide func(call uintptr, n int) unix.Errno, c child.Cmd) child.Result {
	t.Helper()
	var faults []string
	for _, call := range calls {
		faults = append(faults, call+"=ask")
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "socket")
	served := make(chan error, 1)
	go func() {
		defer unix.Close(pair[0])
		b, control := make([]byte, 1), make([]byte, 64)
		_, cn, _, _, err := unix.Recvmsg(pair[0], b, control, unix.MSG_CMSG_CLOEXEC)
		if err != nil || cn == 0 {
			served <- fmt.Errorf("no listener: %v", err)
			return
		}
		msgs, _ := unix.ParseSocketControlMessage(control[:cn])
		fds, err := unix.ParseUnixRights(&msgs[0])
		if err != nil {
			served <- err
			return
		}
		defer unix.Close(fds[0])
		served <- seccomp.Serve(fds[0], decide)
	}()
	c.Path, c.Args = inJail(t, faults, c.Path, c.Args...)
	c.Setup = func(cmd *exec.Cmd) { cmd.ExtraFiles = []*os.File{theirs} }
	r := child.Run(c)
	theirs.Close()
	if err := <-served; err != nil {
		if r.Code == 3 {
			t.Skipf("no seccomp listener can be had here: %s", r.Stderr)
		}
		t.Fatalf("deciding: %v; %s", err, r.Bad())
	}
	return r
}
