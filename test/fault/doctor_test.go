//go:build linux

package fault

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/zio-go/zio/test/internal/child"
	"github.com/zio-go/zio/test/internal/zgo"
)

var forcedRE = regexp.MustCompile(`zio=io_uring: (\w+) failed with errno \d+ \((\w+)\)`)

// ziobuild's probe and the runtime's meet the same refusal, for each call.
func TestDoctorAgrees(t *testing.T) {
	ziobuild := zgo.Stock(t).Build(t, "github.com/zio-go/zio/cmd/ziobuild")
	for _, f := range refusals {
		t.Run(f.call+"-"+f.errno, func(t *testing.T) {
			fault := f.call + "=" + f.errno
			needJail(t, fault)
			bin, args := load(t, "echo")
			path, jargs := inJail(t, []string{fault}, bin, args...)
			r := child.Run(child.Cmd{Path: path, Args: jargs, Env: []string{"GODEBUG=zio=io_uring"}})
			m := forcedRE.FindStringSubmatch(r.Stderr)
			if m == nil {
				t.Fatalf("the runtime does not say what failed: %q", r.Stderr)
			}
			path, jargs = inJail(t, []string{fault}, ziobuild)
			r = child.Run(child.Cmd{Path: path, Args: jargs, Env: []string{"ZIOBUILD_IOPROBE=1"}})
			if want := `"Call":"` + m[1] + `","Errno":"` + m[2] + `"`; !strings.Contains(r.Stdout, want) {
				t.Errorf("the runtime says %q, the probe %q %q", m[0], r.Stdout, r.Stderr)
			}
		})
	}
}

// A refusal that comes after the ring was made is seen too, and so is a filter
// that allows everything: under one a program does not use io_uring by itself.
func TestDoctorSays(t *testing.T) {
	ziobuild := zgo.Stock(t).Build(t, "github.com/zio-go/zio/cmd/ziobuild")
	zgo.NeedUring(t)
	for fault, want := range map[string]string{
		"io_uring_register=EPERM": "warn  io_uring    io_uring_register: EPERM: a seccomp filter forbids it",
		"epoll_pwait2=ENOSYS":     "warn  io_uring    a seccomp filter is in place, and allows it: programs use epoll",
	} {
		needJail(t, fault)
		path, args := inJail(t, []string{fault}, ziobuild, "doctor")
		r := child.Run(child.Cmd{Path: path, Args: args, Timeout: 2 * time.Minute})
		if !strings.Contains(r.Stdout, want) {
			t.Errorf("%s: doctor does not say %q:\n%s%s", fault, want, r.Stdout, r.Stderr)
		}
		can := backendRE.FindStringSubmatch(r.Stdout)
		bin, args := load(t, "echo")
		path, args = inJail(t, []string{fault}, bin, args...)
		r = child.Run(child.Cmd{Path: path, Args: args, Env: []string{"GODEBUG=ziotrace=10"}})
		checkDone(t, r, "epoll")
		checkCan(t, can, "epoll", r)
	}
	can := backendRE.FindStringSubmatch(child.Run(child.Cmd{Path: ziobuild, Args: []string{"doctor"}, Timeout: 2 * time.Minute}).Stdout)
	bin, args := load(t, "echo")
	r := child.Run(child.Cmd{Path: bin, Args: args, Env: []string{"GODEBUG=ziotrace=10"}})
	checkDone(t, r, "io_uring")
	checkCan(t, can, "io_uring", r)
}

var backendRE = regexp.MustCompile(`(?m)^ok +backend +(\w+): (.*)$`)

// checkCan compares what doctor and a program say of the backend.
func checkCan(t *testing.T, said []string, backend string, r child.Result) {
	t.Helper()
	if said == nil || said[1] != backend {
		t.Errorf("doctor says %q, the program uses %s", said, backend)
	} else if !strings.Contains(r.Stderr, "ZIO can: "+said[2]+"\n") {
		t.Errorf("doctor says %q, the program %q", said[2], r.Stderr)
	}
}
