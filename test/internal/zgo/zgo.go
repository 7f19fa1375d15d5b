// Package zgo finds the two toolchains that tests compare and builds test
// programs with them.
//
// The patched go command is $ZIO_GO if that is set; otherwise ziobuild is built
// from this module and used. Where there is no base release to patch, tests
// that need it are skipped, unless ZIO_REQUIRE is set.
package zgo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zio-go/zio/internal/toolchain"
)

// A Toolchain is a go command.
type Toolchain struct {
	name string
	cmd  []string
	env  []string
}

var (
	patched = sync.OnceValues(findPatched)
	stock   = sync.OnceValues(findStock)

	tmpOnce sync.Once
	tmpDir  string

	built sync.Map // string to *build
)

// errSkip marks the reasons for which a test is skipped.
var errSkip = errors.New("skip")

// Patched returns the patched toolchain.
func Patched(t testing.TB) *Toolchain { return get(t, patched) }

// Stock returns the go command that runs the test. If that is a patched one,
// the test is skipped.
func Stock(t testing.TB) *Toolchain { return get(t, stock) }

func get(t testing.TB, find func() (*Toolchain, error)) *Toolchain {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the patched runtime has backends for linux only")
	}
	tc, err := find()
	if err == nil {
		return tc
	}
	if errors.Is(err, errSkip) && os.Getenv("ZIO_REQUIRE") == "" {
		t.Skip(err)
	}
	t.Fatal(err)
	return nil
}

// Main runs the tests of a package and removes what was built for them.
func Main(m *testing.M) {
	code := m.Run()
	if tmpDir != "" {
		os.RemoveAll(tmpDir)
	}
	os.Exit(code)
}

func tmp() string {
	tmpOnce.Do(func() {
		dir, err := os.MkdirTemp("", "ziotest")
		if err != nil {
			panic(err)
		}
		tmpDir = dir
	})
	return tmpDir
}

// dependOn looks at every file that has a part in the test programs and the
// toolchain, so that the go command does not take the result of a test for
// current after one of them has changed.
func dependOn(root string) error {
	for _, dir := range []string{"GOBASE", "cmd", "patches", "src", "test"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				_, err = os.Stat(path)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// cleanEnv is the environment without what the go command sets for tests, which
// would tie a child go command to the toolchain of this one.
func cleanEnv(drop ...string) []string {
	return toolchain.Env(append(drop, "GODEBUG", "GOMAXPROCS", "GOFLAGS")...)
}

func findPatched() (*Toolchain, error) {
	root, err := toolchain.Checkout()
	if err != nil {
		return nil, err
	}
	if err := dependOn(root); err != nil {
		return nil, err
	}
	if p := os.Getenv("ZIO_GO"); p != "" {
		return &Toolchain{"zio", []string{p}, cleanEnv("GOROOT")}, nil
	}
	bin, err := toolchain.Ziobuild(root, tmp())
	if err != nil {
		return nil, err
	}
	env := cleanEnv("GOROOT", "GOTOOLCHAIN")
	setup := exec.Command(bin, "setup")
	setup.Dir = root
	setup.Env = env
	out, err := setup.CombinedOutput()
	if err == nil {
		return &Toolchain{"zio", []string{bin, "go"}, env}, nil
	}
	// Only a base release that cannot be had is a reason to skip.
	release, err2 := toolchain.Release(root)
	if err2 != nil {
		return nil, err2
	}
	if _, err := toolchain.Fetch(release); err != nil {
		return nil, fmt.Errorf("%w: no base release %s on this machine: %v", errSkip, release, err)
	}
	return nil, fmt.Errorf("ziobuild setup: %v\n%s", err, out)
}

func findStock() (*Toolchain, error) {
	goCmd := toolchain.Host()
	out, err := exec.Command(goCmd, "list", "-f", "{{context.ToolTags}}", "runtime").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("go list: %v\n%s", err, out)
	}
	for _, tag := range strings.Fields(strings.Trim(string(out), "[]\n")) {
		if tag == "zio" {
			return nil, fmt.Errorf("%w: the go command that runs this test is patched, there is no stock one to compare with", errSkip)
		}
	}
	return &Toolchain{"stock", []string{goCmd}, cleanEnv()}, nil
}

// With returns the toolchain with additions to its environment.
func (tc *Toolchain) With(env ...string) *Toolchain {
	return &Toolchain{tc.name, tc.cmd, append(tc.env[:len(tc.env):len(tc.env)], env...)}
}

// Command returns the command that runs the go command with these arguments.
func (tc *Toolchain) Command(args ...string) *exec.Cmd {
	cmd := exec.Command(tc.cmd[0], append(tc.cmd[1:len(tc.cmd):len(tc.cmd)], args...)...)
	cmd.Env = tc.env
	return cmd
}

type build struct {
	once sync.Once
	bin  string
	err  error
}

// Build builds the package at pkg, a path relative to the test's directory,
// and returns the executable. A package is built once.
func (tc *Toolchain) Build(t testing.TB, pkg string, flags ...string) string {
	t.Helper()
	bin, err := tc.TryBuild(pkg, flags...)
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// BuildTest is Build for the tests of the package.
func (tc *Toolchain) BuildTest(t testing.TB, pkg string, flags ...string) string {
	t.Helper()
	bin, err := tc.build(pkg, append([]string{"test", "-c"}, flags...))
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// TryBuild is Build for those who expect that it may fail.
func (tc *Toolchain) TryBuild(pkg string, flags ...string) (string, error) {
	return tc.build(pkg, append([]string{"build"}, flags...))
}

// build builds pkg with verb, whose last elements are flags.
func (tc *Toolchain) build(pkg string, verb []string) (string, error) {
	key := fmt.Sprint(tc.name, pkg, verb, tc.env)
	v, _ := built.LoadOrStore(key, new(build))
	b := v.(*build)
	b.once.Do(func() {
		dir, err := os.MkdirTemp(tmp(), tc.name)
		if err != nil {
			b.err = err
			return
		}
		b.bin = filepath.Join(dir, filepath.Base(pkg))
		cmd := tc.Command(append(verb[:len(verb):len(verb)], "-o", b.bin, pkg)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			b.err = fmt.Errorf("%s %s %s: %v\n%s", tc.name, verb[0], pkg, err, out)
		}
	})
	return b.bin, b.err
}

// NeedCC skips the test where there is no C compiler.
func NeedCC(t testing.TB) {
	t.Helper()
	for _, cc := range []string{"gcc", "clang", "cc"} {
		if _, err := exec.LookPath(cc); err == nil {
			return
		}
	}
	t.Skip("no C compiler on this machine")
}

// Backends lists the backends, the preferred one first. "off" is upstream's
// poller.
var Backends = []string{"io_uring", "epoll", "poll", "off"}

// Procs are the values of GOMAXPROCS that tests use.
var Procs = []int{1, 2, 8}

var uringOnce sync.Once
var uringErr error

// NeedUring skips the test where the kernel refuses io_uring.
func NeedUring(t testing.TB) {
	t.Helper()
	if err := UringErr(t); err != nil {
		t.Skip(err)
	}
}

// UringErr returns why io_uring cannot be used on this machine, nil if it can.
func UringErr(t testing.TB) error {
	t.Helper()
	bin := Patched(t).Build(t, "github.com/zio-go/zio/test/internal/zgo/probe")
	uringOnce.Do(func() {
		cmd := exec.Command(bin)
		cmd.Env = append(cleanEnv(), "GODEBUG=zio=io_uring")
		cmd.WaitDelay = 10 * time.Second
		if out, err := cmd.CombinedOutput(); err != nil {
			uringErr = fmt.Errorf("io_uring cannot be used here: %v: %s", err, strings.TrimSpace(string(out)))
		}
	})
	return uringErr
}
