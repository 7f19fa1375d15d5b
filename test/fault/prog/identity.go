//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"

	"github.com/zio-go/zio/test/internal/seccomp"
	"github.com/zio-go/zio/test/internal/work"
	"golang.org/x/sys/unix"
)

func init() {
	programs["setuid"] = setuid
	programs["exec"] = execSelf
	programs["exec-child"] = func([]string) { report() }
	programs["fork-child"] = func([]string) { report() }
	programs["fork"] = fork
	programs["sandbox"] = sandbox
}

// setuid drops privileges while operations are in flight, which stops every
// thread for a moment, and goes on with more Ps, whose rings belong to the new
// user.
func setuid([]string) {
	runtime.GOMAXPROCS(2)
	tr := newTraffic(100)
	tr.wait(1000)
	work.Must(syscall.Setgid(65534))
	work.Must(syscall.Setuid(65534))
	tr.wait(1000)
	runtime.GOMAXPROCS(6)
	tr.wait(3000)
	if os.Getuid() != 65534 {
		work.Failf("uid %d", os.Getuid())
	}
	// Every thread has the new identity.
	tasks := work.Must1(os.ReadDir("/proc/self/task"))
	for _, task := range tasks {
		status, err := os.ReadFile("/proc/self/task/" + task.Name() + "/status")
		if err == nil && !strings.Contains(string(status), "Uid:\t65534\t65534\t65534\t65534") {
			work.Failf("thread %s: %s", task.Name(), status)
		}
	}
	tr.end()
	fmt.Println("backend", work.Backend())
}

// report prints what this program inherited.
func report() {
	kinds := openKinds()
	for _, kind := range []string{"io_uring", "socket"} {
		fmt.Println(kind, kinds[kind])
	}
}

// execSelf replaces the program while rings are in use.
func execSelf([]string) {
	tr := newTraffic(100)
	tr.wait(2000)
	fmt.Println("rings before:", openKinds()["io_uring"] > 0)
	exe := work.Must1(os.Executable())
	work.Must(syscall.Exec(exe, []string{exe, "exec-child"}, os.Environ()))
}

// fork starts children while rings are in use.
func fork([]string) {
	tr := newTraffic(100)
	tr.wait(2000)
	for range 50 {
		out := work.Must1(self("fork-child").Output())
		if want := "io_uring 0\nsocket 0\nend\n"; string(out) != want {
			work.Failf("a child has inherited:\n%s", out)
		}
	}
	tr.wait(1000)
	tr.end()
}

// sandbox forbids io_uring to itself while rings are in use, as a program may
// that gives up what it does not know it needs.
func sandbox([]string) {
	tr := newTraffic(100)
	tr.wait(1000)
	runtime.LockOSThread()
	_, err := seccomp.Install(seccomp.Rules{
		unix.SYS_IO_URING_SETUP: unix.EPERM,
		unix.SYS_IO_URING_ENTER: unix.EPERM,
	}, true)
	work.Must(err)
	runtime.UnlockOSThread()
	tr.wait(3000)
	runtime.GOMAXPROCS(6)
	tr.wait(3000)
	c := work.Must1(net.Listen("tcp", "127.0.0.1:0"))
	c.Close()
	tr.end()
}
