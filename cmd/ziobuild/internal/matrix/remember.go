package matrix

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// What the base did does not change with the patches. A result of it is kept in a
// folder and taken again, without building or running anything, as long as release,
// port, runner, program and arguments are the same. Only what passed is kept: a failure
// of the base excuses one of ours, and has to happen each time.

// A memory is a result of the base.
type memory struct {
	Seconds float64
	Cases   map[string]string   `json:",omitempty"`
	Printed map[string][]string `json:",omitempty"`
}

// identify gives an item of the base the name of the file that may remember it, if its
// program's source is known.
func (w *work) identify(it *item, source string) {
	if source == "" {
		return
	}
	key := fmt.Sprintf("%q", append(append([]string{
		w.Release, source, w.j.Name(), w.r.Version(), it.unit.Name, it.part}, it.task.Args...), it.task.Env...))
	it.memory = filepath.Join(w.Remember, fmt.Sprintf("%x", sha256.Sum256([]byte(key)))[:32]+".json")
}

// source returns what identifies a package's source: its name for the tests of one of
// the release's own, the contents of its files for a program, "" for tests of the
// user's, which may read other files, and where nothing is remembered.
func (w *work) source(ctx context.Context, pkg string, test bool) string {
	const files = `{{if not .Standard}}{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{range .EmbedFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{end}}`
	if w.Remember == "" {
		return ""
	}
	if test {
		out, err := w.BaseSide.output(ctx, w.j, w.Dir, "list", "-f", "{{.Standard}}", pkg)
		if err != nil || strings.TrimSpace(out) != "true" {
			return ""
		}
		return pkg
	}
	list, err := w.BaseSide.output(ctx, w.j, w.Dir, "list", "-deps", "-f", files, pkg)
	if err != nil {
		return ""
	}
	h := sha256.New()
	for name := range strings.Lines(list) {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return ""
		}
		fmt.Fprintf(h, "%s %d\n%s", filepath.Base(name), len(data), data)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// recall takes the result of an item of the base from its memory, and reports whether
// there was one.
func (it *item) recall() bool {
	if it.memory == "" {
		return false
	}
	data, err := os.ReadFile(it.memory)
	if err != nil {
		return false
	}
	var m memory
	if json.Unmarshal(data, &m) != nil {
		return false
	}
	it.out = Outcome{Status: Pass, Tries: 1, Seconds: m.Seconds, Remembered: true}
	it.cases, it.printed = m.Cases, m.Printed
	return true
}

// remember keeps the result of an item of the base. That it cannot be kept costs
// nothing but time.
func (it *item) remember() {
	if it.memory == "" || it.out.Status != Pass || len(it.whys) > 0 || it.out.Remembered {
		return
	}
	data, err := json.Marshal(memory{it.out.Seconds, it.cases, it.printed})
	if err != nil || os.MkdirAll(filepath.Dir(it.memory), 0o755) != nil {
		return
	}
	tmp := fmt.Sprintf("%s.%d", it.memory, os.Getpid())
	if os.WriteFile(tmp, data, 0o644) == nil {
		os.Rename(tmp, it.memory)
	}
}
