package goroot

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/zio-go/zio/cmd/ziobuild/internal/patchset"
	"github.com/zio-go/zio/cmd/ziobuild/internal/tied"
)

// rebuild returns the rebuilt commands, by their path in a GOROOT, each as the
// name of a file in the cache. It builds them if no run did for this tool key.
//
// The build sees the base release and, through -overlay, the changed files of
// the commands alone. So it does not depend on patches of the runtime, and its
// result serves every tree with the same tool key.
func (b *Builder) rebuild(goroot, tmp string, patched *patchset.Tree) (map[string]string, error) {
	cmds, files := b.In.commands()
	if len(cmds) == 0 {
		return nil, nil
	}
	dir := b.Cache.tools(b.In.ToolKey())
	tools := make(map[string]string)
	for _, c := range cmds {
		tools[b.toolPath(c)] = filepath.Join(dir, path.Base(c)+exe())
	}
	if _, err := os.Stat(dir); err == nil {
		return tools, nil
	}

	overlay := struct{ Replace map[string]string }{make(map[string]string)}
	for i, name := range files {
		data, ok := b.In.Overlay[name]
		if !ok {
			var err error
			if data, err = patched.Read(name); err != nil {
				return nil, err
			}
		}
		src := filepath.Join(tmp, fmt.Sprintf("overlay%d-%s", i, path.Base(name)))
		if err := os.WriteFile(src, data, 0o644); err != nil {
			return nil, err
		}
		overlay.Replace[filepath.Join(goroot, filepath.FromSlash(name))] = src
	}
	js, err := json.Marshal(overlay)
	if err != nil {
		return nil, err
	}
	overlayFile := filepath.Join(tmp, "overlay.json")
	if err := os.WriteFile(overlayFile, js, 0o644); err != nil {
		return nil, err
	}
	out := filepath.Join(tmp, "tools")
	if err := os.Mkdir(out, 0o755); err != nil {
		return nil, err
	}
	for _, c := range cmds {
		b.Stage("building " + c)
		if err := b.goBuild(goroot, tmp, overlayFile, filepath.Join(out, path.Base(c)+exe()), c); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, err
	}
	return tools, os.Rename(out, dir)
}

// toolPath is where a GOROOT keeps the command.
func (b *Builder) toolPath(cmd string) string {
	name := path.Base(cmd) + exe()
	if cmd == "cmd/go" || cmd == "cmd/gofmt" {
		return "bin/" + name
	}
	return "pkg/tool/" + strings.Replace(b.In.Platform, "-", "_", 1) + "/" + name
}

// buildLimit is the time that building a command may take.
const buildLimit = time.Hour

// goBuild builds one command as the release does: no cgo, no paths, no DWARF.
func (b *Builder) goBuild(goroot, tmp, overlay, out, cmd string) error {
	c := exec.Command(filepath.Join(goroot, filepath.FromSlash(goCmd())), "build", "-v", "-trimpath", "-buildvcs=false",
		"-overlay="+overlay, "-gcflags=all=-dwarf=false", "-ldflags=-w", "-o", out, cmd)
	c.Dir = filepath.Join(goroot, "src")
	c.Env = append(cleanEnv(b.Env), "GOTOOLCHAIN=local", "GOENV=off", "GOFLAGS=", "GOWORK=off", "GO111MODULE=",
		"CGO_ENABLED=0", "GOPROXY=off", "GOCACHE="+filepath.Join(tmp, "gocache"), "PWD="+c.Dir)
	var stderr bytes.Buffer
	r, w := io.Pipe()
	c.Stderr = w
	read := make(chan struct{})
	go func() {
		defer close(read)
		n := 0
		in := bufio.NewReader(r)
		for line, err := in.ReadString('\n'); line != "" || err == nil; line, err = in.ReadString('\n') {
			// -v prints one line per package, errors come with spaces.
			if strings.ContainsAny(line, " #") {
				stderr.WriteString(line)
			} else {
				n++
				b.Step(n, 0)
			}
		}
	}()
	err := tied.Run(c, buildLimit)
	w.Close()
	<-read
	if err != nil {
		if errors.Is(err, tied.ErrLimit) {
			return fmt.Errorf("building %s: %w", cmd, err)
		}
		if strings.Contains(stderr.String(), "no space left") {
			return b.Cache.writeError(fmt.Errorf("building %s: %w", cmd, errNoSpace))
		}
		return errors.New("building " + cmd + " from the patched sources failed:\n" + strings.TrimSpace(stderr.String()))
	}
	return nil
}

// cleanEnv drops the variables that choose a target or change what is built.
func cleanEnv(env []string) []string {
	var out []string
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		switch {
		case strings.HasPrefix(name, "GO") && name != "GOPATH" && name != "GOMODCACHE" && name != "GOTMPDIR" && name != "GOMAXPROCS":
		case strings.HasPrefix(name, "CGO_"):
		default:
			out = append(out, kv)
		}
	}
	return out
}
