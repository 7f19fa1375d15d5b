package base

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/zio-go/zio/cmd/ziobuild/internal/tied"
)

// Guard is set in the environment of the bootstrap go command. A ziobuild that
// finds it set was taken for that go command and must not look for one again.
const Guard = "ZIOBUILD_FETCHING"

// A Finder locates the base release with the help of a bootstrap go command.
type Finder struct {
	Go       string   // the bootstrap go command
	Env      []string // its environment
	Pin      *Pin
	Platform string // GOOS-GOARCH of this host

	// Limit is the time that a download may take.
	Limit time.Duration

	// Stage is called when a step begins, Step as it advances.
	Stage func(what string)
	Step  func(done, all int)
}

// goEnv is what the bootstrap go command says about itself.
type goEnv struct{ GOMODCACHE, GOROOT, GOVERSION string }

// Find returns the checked base release: the machine's own GOROOT or the copy
// in the module cache where they are there and hash right, else a download.
func (f *Finder) Find() (*Tree, error) {
	dir, err := f.Locate()
	if err != nil {
		return nil, err
	}
	if dir == "" {
		if dir, err = f.download(); err != nil {
			return nil, err
		}
	}
	f.stage("checking " + f.Pin.Release)
	t, err := Scan(dir, f.Pin, f.Platform, f.Step)
	var he *HashError
	if errors.As(err, &he) && f.isOwnGOROOT(dir) {
		// A distribution's or an edited GOROOT: fetch the real one.
		if dir, err = f.download(); err != nil {
			return nil, err
		}
		f.stage("checking " + f.Pin.Release)
		t, err = Scan(dir, f.Pin, f.Platform, f.Step)
	}
	if t != nil {
		t.Mutable = f.isOwnGOROOT(dir)
	}
	return t, err
}

// Locate returns the folder of a release that is on the machine already, or "".
func (f *Finder) Locate() (string, error) {
	env, err := f.goEnv()
	if err != nil {
		return "", err
	}
	if env.GOVERSION == f.Pin.Release && env.GOROOT != "" {
		return env.GOROOT, nil
	}
	dir := filepath.Join(env.GOMODCACHE, filepath.FromSlash(f.Pin.Module(f.Platform)))
	if _, err := os.Stat(filepath.Join(dir, "VERSION")); err == nil {
		return dir, nil
	}
	return "", nil
}

// isOwnGOROOT reports whether dir is the bootstrap go command's GOROOT and not
// a toolchain in the module cache.
func (f *Finder) isOwnGOROOT(dir string) bool {
	env, err := f.goEnv()
	return err == nil && dir == env.GOROOT && !strings.HasPrefix(dir, env.GOMODCACHE+string(filepath.Separator))
}

func (f *Finder) stage(what string) {
	if f.Stage != nil {
		f.Stage(what)
	}
}

func (f *Finder) goEnv() (*goEnv, error) {
	out, err := f.run("env", "-json", "GOMODCACHE", "GOROOT", "GOVERSION")
	if err != nil {
		return nil, err
	}
	env := new(goEnv)
	if err := json.Unmarshal(out, env); err != nil {
		return nil, fmt.Errorf("%s env -json: %v", f.Go, err)
	}
	return env, nil
}

// download fetches the toolchain module the way the go command does for a
// toolchain switch: proxy, checksum database and module cache are the user's.
func (f *Finder) download() (string, error) {
	env, err := f.goEnv()
	if err != nil {
		return "", err
	}
	f.stage("downloading " + f.Pin.Release + " (about 75 MB)")
	stop := f.watch(env.GOMODCACHE)
	defer stop()
	out, runErr := f.run("mod", "download", "-json", f.Pin.Module(f.Platform))
	var res struct{ Dir, Sum, Error string }
	if err := json.Unmarshal(out, &res); err != nil || res.Error != "" || res.Dir == "" {
		msg := res.Error
		if msg == "" && runErr != nil {
			msg = runErr.Error()
		}
		return "", fmt.Errorf("cannot download %s: %s\n"+
			"\tziobuild needs the network once, for the base release; check GOPROXY and the connection, then run 'ziobuild setup'\n"+
			"\toffline: copy %s from the module cache of another machine", f.Pin.Release, strings.TrimSpace(msg), f.Pin.Module(f.Platform))
	}
	if want, err := f.Pin.Hash(f.Platform); err != nil {
		return "", err
	} else if res.Sum != want {
		return "", fmt.Errorf("the downloaded %s does not match its pinned hash\n\texpected: %s\n\tfound:    %s\n"+
			"\tdo not use it; check what GOPROXY=%q serves", f.Pin.Release, want, res.Sum, os.Getenv("GOPROXY"))
	}
	return res.Dir, nil
}

// watch reports the size of the growing download, in MB.
func (f *Finder) watch(modcache string) (stop func()) {
	if f.Step == nil {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		pattern := filepath.Join(modcache, "cache", "download", filepath.FromSlash(modulePath), "@v", f.Pin.moduleVersion(f.Platform)+".zip*")
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				names, _ := filepath.Glob(pattern)
				for _, name := range names {
					if fi, err := os.Stat(name); err == nil && strings.HasSuffix(name, ".tmp") {
						f.Step(int(fi.Size()>>20), 75)
					}
				}
			}
		}
	}()
	return func() { close(quit); <-done }
}

// askLimit is the time for a question to the bootstrap go command.
const askLimit = time.Minute

// run runs the bootstrap go command outside of any module.
func (f *Finder) run(args ...string) ([]byte, error) {
	limit := f.Limit
	if args[0] == "env" {
		limit = min(limit, askLimit)
	}
	dir, err := os.MkdirTemp("", "ziobuild-base-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command(f.Go, args...)
	cmd.Dir = dir
	cmd.Env = append(f.Env, "GOTOOLCHAIN=local", "GOWORK=off", "GO111MODULE=on", "GOROOT=", "PWD="+dir, Guard+"=1")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := tied.Run(cmd, limit); err != nil {
		msg := strings.TrimSpace(stderr.String())
		switch {
		case errors.Is(err, tied.ErrLimit):
			msg = err.Error() + "\n\tset ZIOBUILD_GO to another go command, or ZIOBUILD_TIMEOUT to a longer time such as 2h"
		case msg == "":
			msg = err.Error()
		}
		return stdout.Bytes(), fmt.Errorf("%s %s: %s", f.Go, strings.Join(args, " "), msg)
	}
	return stdout.Bytes(), nil
}

// Unpinned fetches another release, whose hash only the checksum database
// vouches for. It is for looking at, not for building with.
func (f *Finder) Unpinned(release string) (*Tree, error) {
	pin := &Pin{Release: release, Hashes: map[string]string{}}
	f.stage("fetching " + release)
	out, runErr := f.run("mod", "download", "-json", pin.Module(f.Platform))
	var res struct{ Dir, Sum, Error string }
	if err := json.Unmarshal(out, &res); err != nil || res.Dir == "" {
		msg := res.Error
		if msg == "" {
			msg = fmt.Sprint(runErr)
		}
		return nil, fmt.Errorf("cannot download %s: %s", release, strings.TrimSpace(msg))
	}
	pin.Hashes[f.Platform] = res.Sum
	return Scan(res.Dir, pin, f.Platform, f.Step)
}
