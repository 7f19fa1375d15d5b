package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zio-go/zio/bench/internal/report"
)

// What -publish writes lies between these lines.
const (
	publishBegin = "<!-- rows: written by 'go run ./bench -publish' -->"
	publishEnd   = "<!-- end of rows -->"
)

// front are the rows of the README: case, measure, GOMAXPROCS. What loses is
// among them.
var front = []struct {
	name, measure string
	procs         int
}{
	{"echo-1000", "cpu_us", 1},
	{"echo-1000", "syscalls", 1},
	{"http-128", "cpu_us", 2},
	{"tls-256", "cpu_us", 1},
	{"busy-hog", "p99_us", 1},
	{"echo-64x16-small", "cpu_us", 2},
	{"echo-1-apart", "p50_us", 1},
	{"churn", "cpu_us", 1},
}

// publish writes the table of docs/performance.md, the rows of the README and
// the picture from the raw rows in docs/performance.
func publish(root string) error {
	files, err := filepath.Glob(filepath.Join(root, "docs", "performance", "*.jsonl"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("-publish: there are no raw rows in docs/performance; measure with -o docs/performance/rows.jsonl")
	}
	lines, rows, err := savedLines(cases, files)
	if err != nil {
		return err
	}
	var svg bytes.Buffer
	if err := report.SVG(&svg, lines, rows, titles.Replace, units.Replace); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, "docs", "performance", "rows.svg"), svg.Bytes(), 0o644); err != nil {
		return err
	}
	var all bytes.Buffer
	report.Markdown(&all, lines, rows, titles.Replace, units.Replace)
	all.WriteString("\n![the ratios](performance/rows.svg)\n")
	if err := between(filepath.Join(root, "docs", "performance.md"), all.String()); err != nil {
		return err
	}
	var some bytes.Buffer
	report.Markdown(&some, frontLines(lines), rows, titles.Replace, units.Replace)
	return between(filepath.Join(root, "README.md"), some.String())
}

// frontLines picks the README's rows, in their order.
func frontLines(lines []report.Line) (out []report.Line) {
	for _, f := range front {
		i := slices.IndexFunc(lines, func(l report.Line) bool {
			return l.Case == f.name && l.Measure == f.measure && l.Procs == f.procs
		})
		if i >= 0 {
			out = append(out, lines[i])
		}
	}
	return out
}

// between replaces what a file has between the lines.
func between(name, text string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(data), publishBegin+"\n")
	_, tail, ok2 := strings.Cut(rest, publishEnd)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no lines %q and %q", name, publishBegin, publishEnd)
	}
	return os.WriteFile(name, []byte(head+publishBegin+"\n"+text+publishEnd+tail), 0o644)
}
