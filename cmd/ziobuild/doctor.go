package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/zio-go/zio/cmd/ziobuild/internal/base"
	"github.com/zio-go/zio/cmd/ziobuild/internal/doctor"
	"github.com/zio-go/zio/cmd/ziobuild/internal/goroot"
	"github.com/zio-go/zio/cmd/ziobuild/internal/ioprobe"
)

// doctor prints a line per check and fails if one failed. It changes nothing,
// downloads nothing and assembles nothing.
func (a *app) doctor(args []string) error {
	fs := flags("doctor")
	js := fs.Bool("json", false, "print JSON")
	if err := parse(fs, args, 0); err != nil {
		return err
	}
	in, err := a.inputs()
	if err != nil {
		return err
	}
	cache, err := a.cache()
	if err != nil {
		return err
	}
	checks := []doctor.Check{
		{Name: "ziobuild", Status: doctor.OK, Detail: fmt.Sprintf("%s zio=%s", selfVersion(), in.Rev())},
		a.doctorBase(in),
		a.doctorTree(in, cache),
		doctorCache(cache),
	}
	checks = append(checks, doctor.Machine(childProbe)...)
	checks = append(checks, doctorCgo())
	checks = append(checks, doctorEnv(in, cache)...)

	failed := 0
	for _, c := range checks {
		if c.Status == doctor.Fail {
			failed++
		}
		if !*js {
			fmt.Fprintln(a.stdout, c)
		}
	}
	if *js {
		enc := json.NewEncoder(a.stdout)
		enc.SetIndent("", "\t")
		enc.SetEscapeHTML(false)
		if err := enc.Encode(checks); err != nil {
			return err
		}
	}
	if failed > 0 {
		return exitCode(1)
	}
	return nil
}

// probeVar makes ziobuild the child that tries io_uring.
const probeVar = "ZIOBUILD_IOPROBE"

// childProbe tries io_uring in a child, which a seccomp filter may kill.
func childProbe() ioprobe.Result {
	exe, err := os.Executable()
	if err != nil {
		return ioprobe.Result{Call: "io_uring", Errno: err.Error()}
	}
	cmd := exec.Command(exe)
	cmd.Args[0] = "ziobuild"
	cmd.Env = append(os.Environ(), probeVar+"=1")
	out, err := cmd.Output()
	var r ioprobe.Result
	if err == nil {
		err = json.Unmarshal(out, &r)
	}
	if err != nil {
		r = ioprobe.Result{Call: "io_uring", Errno: err.Error()}
		if strings.Contains(err.Error(), "bad system call") || bytes.Contains(stderrOf(err), []byte("SIGSYS")) {
			r.Errno = "SIGSYS"
		}
	}
	return r
}

func stderrOf(err error) []byte {
	var ee *exec.ExitError
	if errors.As(err, &ee) {
		return ee.Stderr
	}
	return nil
}

func failCheck(name string, err error) doctor.Check {
	return doctor.Check{Name: name, Status: doctor.Fail, Detail: err.Error()}
}

// doctorBase checks the base release, if it is on the machine.
func (a *app) doctorBase(in *goroot.Inputs) doctor.Check {
	const name = "base"
	f, err := a.finder(in)
	if err != nil {
		return failCheck(name, err)
	}
	f.Stage, f.Step = nil, nil
	dir, err := f.Locate()
	if err != nil {
		return failCheck(name, err)
	}
	if dir == "" {
		return doctor.Check{Name: name, Status: doctor.Warn, Detail: in.Pin.Release + " is not on this machine",
			Fix: "'ziobuild setup' downloads it (about 75 MB)"}
	}
	if _, err := base.Scan(dir, in.Pin, a.platform, nil); err != nil {
		return failCheck(name, err)
	}
	return doctor.Check{Name: name, Status: doctor.OK, Detail: fmt.Sprintf("%s in %s, hash right", in.Pin.Release, dir)}
}

// doctorTree compares every file of the assembled tree with its manifest.
func (a *app) doctorTree(in *goroot.Inputs, cache goroot.Cache) doctor.Check {
	const name = "goroot"
	root := cache.Root(in.Key())
	err := goroot.Check(root, in.Key())
	if err == goroot.ErrMissing {
		return doctor.Check{Name: name, Status: doctor.Warn, Detail: "not assembled yet", Fix: "'ziobuild setup' does it; so does the first build"}
	}
	if err == nil {
		err = goroot.Verify(root, nil)
	}
	if err != nil {
		return failCheck(name, err)
	}
	return doctor.Check{Name: name, Status: doctor.OK, Detail: root + ", every file as assembled"}
}

func doctorCache(cache goroot.Cache) doctor.Check {
	const name = "cache"
	if !writable(cache.Dir) {
		return doctor.Check{Name: name, Status: doctor.Warn, Detail: cache.Dir + " cannot be written",
			Fix: "set ZIOBUILD_CACHE to a folder that can, if the GOROOT has to be assembled"}
	}
	return doctor.Check{Name: name, Status: doctor.OK, Detail: cache.Dir}
}

// doctorCgo looks for the C compiler that cgo needs.
func doctorCgo() doctor.Check {
	const name = "cgo"
	names := []string{"gcc", "clang"}
	if cc := strings.Fields(os.Getenv("CC")); len(cc) > 0 {
		names = cc[:1]
	}
	for _, n := range names {
		if p, err := exec.LookPath(n); err == nil {
			return doctor.Check{Name: name, Status: doctor.OK, Detail: p}
		}
	}
	return doctor.Check{Name: name, Status: doctor.Warn, Detail: "no C compiler (" + strings.Join(names, ", ") + "): builds are pure Go, and -race does not work"}
}

// doctorEnv reports settings of the caller that change what is built or run.
func doctorEnv(in *goroot.Inputs, cache goroot.Cache) []doctor.Check {
	var out []doctor.Check
	if err := checkToolchain(os.Getenv("GOTOOLCHAIN"), in.Pin.Release); err != nil {
		out = append(out, failCheck("GOTOOLCHAIN", err))
	}
	if err := checkGOROOT(os.Getenv("GOROOT"), cache); err != nil {
		out = append(out, failCheck("GOROOT", err))
	}
	if err := checkGoEnvFile(in.Pin.Release); err != nil {
		out = append(out, failCheck("go/env", err))
	}
	for kv := range strings.SplitSeq(os.Getenv("GODEBUG"), ",") {
		if name, v, _ := strings.Cut(kv, "="); name == "zio" && v != "auto" {
			out = append(out, doctor.Check{Name: "GODEBUG", Status: doctor.Warn,
				Detail: fmt.Sprintf("zio=%s is set: programs started from here do not choose their backend", v), Fix: "unset GODEBUG"})
		}
	}
	for _, name := range []string{"GOFLAGS", "GOEXPERIMENT", "ZIOBUILD_BYPASS"} {
		if v := os.Getenv(name); v != "" {
			out = append(out, doctor.Check{Name: name, Status: doctor.OK, Detail: "is set: " + v})
		}
	}
	if p, err := exec.LookPath("go"); err == nil {
		d := doctor.Check{Name: "go", Status: doctor.OK, Detail: p + " (stock; 'ziobuild env ZIOROOT' names the patched one)"}
		if goroot.IsAssembled(filepath.Dir(filepath.Dir(p))) {
			d.Detail = p + " (patched)"
		}
		out = append(out, d)
	}
	return out
}
