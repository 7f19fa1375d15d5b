package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/zio-go/zio/bench/internal/report"
	"github.com/zio-go/zio/bench/internal/wire"
)

type runner struct {
	build    *builder
	dir      string // for temporary files
	driver   string
	sides    []side
	procs    []int
	rounds   int
	quick    bool
	patience int           // repetitions of a disturbed run
	timeout  time.Duration // of one run of one side
	count    bool
	verbose  bool
	godebug  string
	log      *report.Log
	rows     []report.Row
	failures []string
	missing  map[string]bool // sides that cannot be built, told once
}

// runCase runs the sides in turns, so that a drift of the machine meets all.
func (r *runner) runCase(c *bcase) {
	type player struct {
		side
		bin string
	}
	var players []player
	for _, s := range r.sides {
		if !s.plays(c) || r.missing[s.kind+s.name] || r.missing[s.kind] {
			continue
		}
		bin, err := s.binary(r.build, c)
		if err != nil {
			key := s.kind
			if s.kind == "c" {
				key += s.name
			}
			r.missing[key] = true
			fmt.Fprintf(os.Stderr, "bench: no side %s: %v\n", s.name, err)
			if s.kind == "stock" || s.kind == "zio" && r.build.zio != "" {
				r.failures = append(r.failures, s.name+": build failed")
			}
			continue
		}
		players = append(players, player{s, bin})
	}
	for _, p := range c.procs(r) {
		for round := 0; round <= c.rounds(r); round++ {
			// Round 0 counts system calls. The tracepoint costs time, so
			// nothing else is taken from it.
			if round == 0 && !(c.count && r.count) {
				continue
			}
			for _, s := range players {
				r.one(c, s.side, s.bin, p, round)
			}
		}
	}
}

func (r *runner) one(c *bcase, s side, bin string, procs, round int) {
	name := fmt.Sprintf("%s P=%d %s round %d", c.name, procs, s.name, round)
	var v map[string]float64
	var err error
	if c.run != nil {
		v, err = c.run(r, c, s, bin, procs)
	} else {
		v, err = r.serve(c, s, bin, procs, round == 0)
		// Beside other work nothing is measured: wait for its end and repeat.
		for try := 0; err == nil && try < r.patience && v["noise_cpus"] > noisy; try++ {
			fmt.Fprintf(os.Stderr, "%s: repeated, other work took %s CPUs\n", name, report.Number(v["noise_cpus"]))
			waitForQuiet(30 * time.Second)
			v, err = r.serve(c, s, bin, procs, round == 0)
		}
	}
	if err != nil {
		if round == 0 && strings.Contains(err.Error(), "count system calls") {
			r.count = false
			fmt.Fprintf(os.Stderr, "bench: system calls: n/a: %v\n", err)
			return
		}
		r.failures = append(r.failures, name)
		fmt.Fprintf(os.Stderr, "bench: %s FAILED: %v\n", name, err)
		return
	}
	if round == 0 {
		v = map[string]float64{"syscalls": v["syscalls"]}
	}
	fmt.Fprintf(os.Stderr, "%s:%s\n", name, brief(c, v))
	row := report.Row{Time: time.Now().UTC().Truncate(time.Second), Case: c.name, Procs: procs, Side: s.name, Round: round, Values: v}
	r.rows = append(r.rows, row)
	if err := r.log.Add(row); err != nil {
		fmt.Fprintln(os.Stderr, "bench: save a row:", err)
	}
}

// brief is the progress line: the measures of the case.
func brief(c *bcase, v map[string]float64) string {
	var b strings.Builder
	var seen []string
	for _, l := range c.lines {
		if x, ok := v[l.Measure]; ok && !slices.Contains(seen, l.Measure) {
			fmt.Fprintf(&b, " %s %s", l.Measure, report.Number(x))
			seen = append(seen, l.Measure)
		}
	}
	return b.String()
}

// serve starts a server, puts the driver on it and stops it.
func (r *runner) serve(c *bcase, s side, bin string, procs int, count bool) (map[string]float64, error) {
	args := c.args
	if s.kind == "c" || s.kind == "gnet" {
		args = append([]string{fmt.Sprint(procs)}, args...)
	}
	srvCPUs, drvCPUs := c.placement()
	srv, err := startOn(srvCPUs, bin, args, s.env(procs, r.godebug))
	if err != nil {
		return nil, err
	}
	defer srv.kill()
	var ready wire.Ready
	if err := srv.line(&ready, 10*time.Second); err != nil {
		return nil, err
	}
	flags := append([]string{"-addr=" + ready.Listen, fmt.Sprint("-pid=", srv.cmd.Process.Pid)}, c.driver...)
	if msgs, warm := c.msgs, c.warm; msgs > 0 {
		if r.quick || count {
			msgs, warm = msgs/4, warm/2
		}
		flags = append(flags, fmt.Sprint("-msgs=", msgs), fmt.Sprint("-warm=", warm))
	}
	if count {
		flags = append(flags, "-count")
	}
	drv, err := startOn(drvCPUs, r.driver, flags, environ("GOMAXPROCS=1"))
	if err != nil {
		return nil, err
	}
	defer drv.kill()
	var res wire.Result
	if !drv.wait(r.timeout) {
		// Both stacks: the server's is the interesting one.
		err := srv.hung(fmt.Sprintf("the driver was not done within %v", r.timeout))
		return nil, fmt.Errorf("%w\n%v", err, drv.hung("waited"))
	}
	if err := drv.line(&res, time.Second); err != nil {
		return nil, fmt.Errorf("%w\nserver: %s", err, srv.stderr.String())
	}
	if note := drv.stderr.String(); note != "" {
		fmt.Fprint(os.Stderr, note)
	}
	final, err := srv.stop()
	if err != nil {
		return nil, err
	}
	if final.Messages != res.Messages {
		return nil, fmt.Errorf("the server handled %d messages, the driver %d", final.Messages, res.Messages)
	}
	v := res.Values
	// The whole life, to check the figures per message against.
	v["life_user_s"], v["life_sys_s"] = final.User, final.Sys
	for k, x := range final.Extra {
		v[k] = x
	}
	return v, nil
}
