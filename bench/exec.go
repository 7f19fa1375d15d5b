package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/zio-go/zio/bench/internal/report"
)

// The cases that are not a server under load.

// runReport runs a program that measures itself.
func runReport(r *runner, bc *bcase, s side, bin string, procs int) (map[string]float64, error) {
	c, err := start(bin, bc.args, s.env(procs, r.godebug))
	if err != nil {
		return nil, err
	}
	defer c.kill()
	var v map[string]float64
	if err := c.line(&v, r.timeout); err != nil {
		return nil, err
	}
	c.wait(10 * time.Second)
	return v, c.err
}

// runPgx runs the client of a PostgreSQL server, which is the user's to start.
func runPgx(r *runner, bc *bcase, s side, _ string, procs int) (map[string]float64, error) {
	if r.pg == "" {
		return nil, errors.New("no PostgreSQL server: name one with -pg postgres://user@host/database")
	}
	bin, err := r.build.module(s.kind, "pgx")
	if err != nil {
		return nil, err
	}
	with := *bc
	with.args = append([]string{"-dsn=" + r.pg}, bc.args...)
	return runReport(r, &with, s, bin, procs)
}

// runDB runs the program with a database in a file.
func runDB(r *runner, bc *bcase, s side, _ string, procs int) (map[string]float64, error) {
	bin, err := r.build.module(s.kind, "db")
	if err != nil {
		return nil, err
	}
	return runReport(r, bc, s, bin, procs)
}

// runScopes runs the program that times package zio.
func runScopes(r *runner, bc *bcase, s side, _ string, procs int) (map[string]float64, error) {
	bin, err := r.build.module(s.kind, "scopes")
	if err != nil {
		return nil, err
	}
	return runReport(r, bc, s, bin, procs)
}

// runHello starts the program 50 times for the time from fork to exit, and once
// more to look at it while it stays.
func runHello(r *runner, _ *bcase, s side, bin string, procs int) (map[string]float64, error) {
	env := s.env(procs, r.godebug)
	var ms []float64
	for range 50 {
		cmd := exec.Command(bin)
		cmd.Env = env
		t := time.Now()
		if err := cmd.Run(); err != nil {
			return nil, err
		}
		ms = append(ms, float64(time.Since(t))/1e6)
	}
	c, err := start(bin, []string{"stay"}, env)
	if err != nil {
		return nil, err
	}
	defer c.kill()
	var ready struct{}
	if err := c.line(&ready, 10*time.Second); err != nil {
		return nil, err
	}
	time.Sleep(100 * time.Millisecond) // the runtime's own threads have started
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return nil, err
	}
	return map[string]float64{
		"start_ms": report.Median(ms),
		"rss_mb":   statusField(status, "VmRSS") * 1024 / 1e6,
		"threads":  statusField(status, "Threads"),
	}, nil
}

func statusField(status []byte, key string) float64 {
	for line := range strings.Lines(string(status)) {
		if k, v, ok := strings.Cut(line, ":"); ok && k == key {
			n, _ := strconv.ParseFloat(strings.Fields(v)[0], 64)
			return n
		}
	}
	return 0
}

// runCold is the first build on a new machine: nothing is cached, and the base
// release comes through the module proxy.
func runCold(r *runner, _ *bcase, _ side, _ string, _ int) (map[string]float64, error) {
	zio, err := r.ziobuild()
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp(r.dir, "cold-")
	if err != nil {
		return nil, err
	}
	// The module cache is read-only, which RemoveAll does not overcome.
	defer exec.Command("chmod", "-R", "u+w", home).Run()
	cmd := exec.Command(zio, "build", "-o", filepath.Join(home, "hello"), "./bench/servers/hello")
	cmd.Dir = r.build.root
	cmd.Env = environ("HOME="+home, "XDG_CACHE_HOME="+filepath.Join(home, "cache"),
		"GOPATH="+filepath.Join(home, "go"), "GOCACHE=", "GOMODCACHE=")
	t := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out)
	}
	return map[string]float64{"wall_s": time.Since(t).Seconds()}, nil
}

// runWarm compares a verb that does next to nothing.
func runWarm(r *runner, _ *bcase, _ side, _ string, _ int) (map[string]float64, error) {
	zio, err := r.ziobuild()
	if err != nil {
		return nil, err
	}
	out, err := exec.Command(zio, "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("ziobuild env GOROOT: %w", err)
	}
	// The go command below ziobuild, without it.
	bare := filepath.Join(strings.TrimSpace(string(out)), "bin", "go")
	var with, without []float64
	for range 25 {
		for _, x := range []struct {
			cmd string
			ms  *[]float64
		}{{bare, &without}, {zio, &with}} {
			cmd := exec.Command(x.cmd, "env", "GOVERSION")
			cmd.Env = environ("GOTOOLCHAIN=local")
			t := time.Now()
			if err := cmd.Run(); err != nil {
				return nil, fmt.Errorf("%s: %w", x.cmd, err)
			}
			*x.ms = append(*x.ms, float64(time.Since(t))/1e6)
		}
	}
	a, b := report.Median(without), report.Median(with)
	return map[string]float64{"go_ms": a, "ziobuild_ms": b, "overhead_ms": b - a}, nil
}

// ziobuild is the command, when the zio sides are built with it.
func (r *runner) ziobuild() (string, error) {
	cmd, _, err := r.build.zioGo()
	if err == nil && !isZiobuild(cmd) {
		err = errors.New("-zio is no ziobuild")
	}
	return cmd, err
}
