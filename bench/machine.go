package main

import (
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// machine describes what the rows of a run were measured with.
func machine(r *runner) map[string]any {
	var u unix.Utsname
	_ = unix.Uname(&u)
	var sides []string
	for _, s := range r.sides {
		sides = append(sides, s.name)
	}
	return map[string]any{
		"date":   time.Now().UTC().Format(time.RFC3339),
		"kernel": unix.ByteSliceToString(u.Release[:]),
		"arch":   runtime.GOARCH,
		"cpus":   runtime.NumCPU(),
		"rounds": r.rounds,
		"quick":  r.quick,
		"sides":  sides,
		"stock":  r.version("stock"),
		"zio":    r.version("zio"),
	}
}

func (r *runner) version(kind string) string {
	get := r.build.stockGo
	if kind == "zio" {
		get = r.build.zioGo
	}
	cmd, env, err := get()
	if err != nil {
		return "none"
	}
	c := exec.Command(cmd, "version")
	c.Env = append(c.Environ(), env...)
	out, err := c.Output()
	if err != nil {
		return "none"
	}
	return strings.TrimSpace(string(out))
}
