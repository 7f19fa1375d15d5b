// Bench runs the same ordinary servers built with stock Go and with zio, in
// turns, and prints how they compare. See README.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/zio-go/zio/bench/internal/report"
)

func main() {
	runtime.LockOSThread() // see start
	if err := bench(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench() error {
	var (
		pattern  = flag.String("run", "", "run the cases that this regular expression matches (slow ones only when named)")
		list     = flag.Bool("list", false, "list the cases and stop")
		names    = flag.String("sides", defaultSides, "what to compare; the first is what ratios refer to")
		rounds   = flag.Int("rounds", 5, "how often each side is started anew")
		quick    = flag.Bool("quick", false, "a quarter of the messages, for a first look")
		procs    = flag.String("gomaxprocs", "1,2", "GOMAXPROCS of the servers")
		stock    = flag.String("stock", "", "go command of the stock side (default: go at the release in GOBASE)")
		zio      = flag.String("zio", "", "go or ziobuild command of the zio sides (default: ziobuild of this checkout)")
		godebug  = flag.String("godebug", "", "added to GODEBUG of the zio sides")
		verbose  = flag.Bool("v", false, "show the detail measures, too")
		limit    = flag.Duration("timeout", 2*time.Minute, "of one turn of one side; then it must show its stacks and has failed")
		nocount  = flag.Bool("nosyscalls", false, "do not count system calls")
		patience = flag.Int("patience", 2, "how often to repeat a turn that other work on the machine disturbed, on average")
		out      = flag.String("o", "", "file for the raw rows (default: bench/results/CASES-DATE.jsonl)")
		pg       = flag.String("pg", "", "PostgreSQL server of the pgx cases, as postgres://user@host/database")
		keepBins = flag.String("bin", "", "keep the binaries in this directory")
	)
	asMarkdown := flag.Bool("markdown", false, "measure nothing; print a table from the files of raw rows that are named")
	asPaper := flag.Bool("publish", false, "measure nothing; write the tables of README and docs/performance.md, and the picture, from docs/performance/*.jsonl")
	flag.Parse()
	picked, err := pickCases(*pattern)
	if err != nil {
		return err
	}
	if *asMarkdown {
		return markdown(picked, flag.Args())
	}
	if *asPaper {
		b, err := newBuilder("")
		if err != nil {
			return err
		}
		return publish(b.root)
	}
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	if *list {
		for _, c := range picked {
			fmt.Println(c.name)
		}
		return nil
	}
	r := &runner{rounds: *rounds, quick: *quick, count: !*nocount, patience: *patience, verbose: *verbose, timeout: *limit, godebug: *godebug, pg: *pg, missing: map[string]bool{}}
	if r.sides, err = pickSides(*names); err != nil {
		return err
	}
	for s := range strings.SplitSeq(*procs, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return fmt.Errorf("-gomaxprocs: %q", s)
		}
		r.procs = append(r.procs, n)
	}
	dir := *keepBins
	if dir == "" {
		if dir, err = os.MkdirTemp("", "zio-bench-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	} else if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	r.dir = dir
	if r.build, err = newBuilder(dir); err != nil {
		return err
	}
	r.build.stock, r.build.zio = absIfPath(*stock), absIfPath(*zio)
	if r.driver, err = r.build.program("stock", "driver"); err != nil {
		return err
	}
	path := *out
	if path == "" {
		path = filepath.Join(r.build.root, "bench", "results", resultName(*pattern)+".jsonl")
	}
	if r.log, err = report.NewLog(path, machine(r)); err != nil {
		return err
	}
	defer r.log.Close()
	for _, c := range picked {
		r.runCase(c)
	}
	lost := r.print(picked)
	fmt.Printf("\nraw rows: %s\n", path)
	if d := r.disturbed(); d > 0.1 {
		fmt.Printf("other work disturbed %.0f %% of the turns: repeat this on a quiet machine\n", 100*d)
	}
	switch {
	case len(r.failures) > 0:
		return fmt.Errorf("%d failed: %s", len(r.failures), strings.Join(r.failures, "; "))
	case len(r.rows) == 0:
		return fmt.Errorf("nothing was measured")
	case lost > 0:
		fmt.Printf("%d goals missed\n", lost)
	}
	return nil
}

func pickCases(pattern string) ([]*bcase, error) {
	re, err := regexp.Compile("^(" + pattern + ")")
	if err != nil {
		return nil, fmt.Errorf("-run: %w", err)
	}
	var out []*bcase
	for _, c := range cases {
		if re.MatchString(c.name) && !(c.slow && pattern == "") {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("-run %q matches no case", pattern)
	}
	return out, nil
}

// absIfPath keeps a command's path good for other working directories.
func absIfPath(cmd string) string {
	if strings.ContainsRune(cmd, filepath.Separator) {
		if abs, err := filepath.Abs(cmd); err == nil {
			return abs
		}
	}
	return cmd
}

func resultName(pattern string) string {
	if pattern == "" {
		pattern = "all"
	}
	return regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(pattern, "-") + "-" + time.Now().Format("20060102-150405")
}

// print writes the table, one block per group of sides that took part.
func (r *runner) print(picked []*bcase) int {
	var lines []report.Line
	for _, c := range picked {
		for _, p := range c.procs(r) {
			for _, l := range c.lines {
				if (l.Procs == 0 || l.Procs == p) && (r.verbose || !l.Detail) {
					l.Case, l.Procs = c.name, p
					lines = append(lines, l)
				}
			}
		}
	}
	var sides []string
	for _, s := range r.sides {
		for _, row := range r.rows {
			if row.Side == s.name {
				sides = append(sides, s.name)
				break
			}
		}
	}
	fmt.Println()
	return report.Table(os.Stdout, lines, sides, r.rows)
}
