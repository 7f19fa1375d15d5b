package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
)

// zioVars are the variables that 'ziobuild env' knows besides those of go env.
var zioVars = []string{"ZIOROOT", "ZIOREV", "ZIOVERSION", "ZIOBASE", "ZIOKEY", "ZIOCACHE"}

// env is 'go env' with the ZIO variables in front. What changes settings or
// names a flag that only go knows is go's alone.
func (a *app) env(args []string) error {
	if bypassed() {
		return a.passThrough(append([]string{"env"}, args...))
	}
	js := false
	names := args
	for len(names) > 0 && strings.HasPrefix(names[0], "-") {
		if names[0] != "-json" && names[0] != "--json" {
			return a.passThrough(append([]string{"env"}, args...))
		}
		js, names = true, names[1:]
	}
	root, env, err := a.goEnv()
	if err != nil {
		return err
	}
	zio, err := a.zioEnv(root)
	if err != nil {
		return err
	}
	var goNames []string
	for _, n := range names {
		if !slices.Contains(zioVars, n) {
			goNames = append(goNames, n)
		}
	}
	if len(names) > 0 && len(goNames) == len(names) {
		return a.passThrough(append([]string{"env"}, args...))
	}
	vars := make(map[string]string)
	if len(names) == 0 || len(goNames) > 0 {
		if vars, err = goEnvVars(root, env, goNames, js || len(names) > 0); err != nil {
			return err
		}
	}
	switch {
	case js:
		for _, n := range zioVars {
			if len(names) == 0 || slices.Contains(names, n) {
				vars[n] = zio[n]
			}
		}
		enc := json.NewEncoder(a.stdout)
		enc.SetIndent("", "\t")
		enc.SetEscapeHTML(false)
		return enc.Encode(vars)
	case len(names) > 0:
		for _, n := range names {
			v, ok := zio[n]
			if !ok {
				v = vars[n]
			}
			fmt.Fprintln(a.stdout, v)
		}
		return nil
	}
	for _, n := range zioVars {
		if runtime.GOOS == "windows" {
			fmt.Fprintf(a.stdout, "set %s=%s\n", n, zio[n])
		} else {
			fmt.Fprintf(a.stdout, "%s='%s'\n", n, strings.ReplaceAll(zio[n], "'", `'\''`))
		}
	}
	return execGo(goPath(root), []string{"env"}, env)
}

func (a *app) zioEnv(root string) (map[string]string, error) {
	in, err := a.inputs()
	if err != nil {
		return nil, err
	}
	cache, err := a.cache()
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"ZIOROOT": root, "ZIOREV": in.Rev(), "ZIOVERSION": selfVersion(),
		"ZIOBASE": in.Pin.Release, "ZIOKEY": in.Key(), "ZIOCACHE": cache.Dir,
	}, nil
}

// goEnvVars asks the patched go command for variables; no names mean all.
func goEnvVars(root string, env, names []string, want bool) (map[string]string, error) {
	if !want {
		return nil, nil
	}
	cmd := exec.Command(goPath(root), append([]string{"env", "-json"}, names...)...)
	cmd.Env = env
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	vars := make(map[string]string)
	return vars, json.NewDecoder(bytes.NewReader(out)).Decode(&vars)
}
