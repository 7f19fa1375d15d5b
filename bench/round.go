package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/zio-go/zio/bench/internal/wire"
)

// noisy is the share of one CPU that other processes may take during a turn.
const noisy = 0.25

// pair is a server and the driver that is connected to it.
type pair struct {
	player
	srv, drv *child
	turns    io.WriteCloser       // a line makes the driver take its turn
	figures  []map[string]float64 // the figures of each turn
}

// round starts all sides and lets them take short turns, of some 0.2 s. The
// machine changes from second to second (a neighbour on the same host is
// enough), and only what is measured in the same moment can be compared. Who
// waits for its turn has no traffic and uses no processor.
func (r *runner) round(c *bcase, players []player, procs, round int) {
	var pairs []*pair
	defer func() {
		for _, p := range pairs {
			p.kill()
		}
	}()
	turns := c.turns()
	if round == 0 {
		turns = 1
	}
	for _, s := range players {
		p, err := r.pair(c, s, procs, round == 0)
		if err != nil {
			r.save(c, s.side, procs, round, 0, nil, err)
			continue
		}
		pairs = append(pairs, p)
	}
	spare := r.patience * turns // repetitions of disturbed turns
	for turn := 1; turn <= turns; turn++ {
		results := map[*pair]map[string]float64{}
		quiet := true
		for _, p := range inTurn(pairs, turn) {
			v, err := p.turn(r.timeout)
			if err != nil {
				r.save(c, p.side, procs, round, turn, nil, err)
				p.kill()
				pairs = slices.DeleteFunc(pairs, func(q *pair) bool { return q == p })
				continue
			}
			results[p] = v
			quiet = quiet && v["noise_cpus"] < noisy
		}
		if !quiet && spare > 0 {
			spare--
			turn--
			continue
		}
		for _, p := range pairs {
			v := results[p]
			if round == 0 {
				v = map[string]float64{"syscalls": v["syscalls"]}
			}
			p.figures = append(p.figures, v)
		}
	}
	for _, p := range pairs {
		extra, err := p.end(r.timeout)
		if err != nil {
			r.save(c, p.side, procs, round, 0, nil, err)
			continue
		}
		for i, v := range p.figures {
			if round > 0 {
				for k, x := range extra {
					v[k] = x
				}
			}
			r.save(c, p.side, procs, round, i+1, v, nil)
		}
	}
}

// inTurn returns a copy of sides in the order of the turn. Every other one goes
// backwards: none is always the one after.
func inTurn[S any](sides []S, turn int) []S {
	order := slices.Clone(sides)
	if turn%2 == 0 {
		slices.Reverse(order)
	}
	return order
}

// pair starts a server and its driver and returns when it is warm.
func (r *runner) pair(c *bcase, s player, procs int, count bool) (*pair, error) {
	args := c.args
	if s.kind == "c" || s.kind == "gnet" {
		args = nil // they do one thing
	}
	srvCPUs, drvCPUs := c.placement()
	srv, err := startOn(srvCPUs, s.bin, args, s.env(procs, r.godebug))
	if err != nil {
		return nil, err
	}
	p := &pair{player: s, srv: srv}
	var ready wire.Ready
	if err := srv.line(&ready, 10*time.Second); err != nil {
		p.kill()
		return nil, err
	}
	flags := append([]string{"-addr=" + ready.Listen, fmt.Sprint("-pid=", srv.cmd.Process.Pid)}, c.driver...)
	if c.msgs > 0 {
		msgs, warm := c.msgs/int64(c.turns()), c.warm
		if r.quick {
			msgs, warm = msgs/4, warm/2
		}
		flags = append(flags, fmt.Sprint("-msgs=", msgs), fmt.Sprint("-warm=", warm))
	}
	if count {
		flags = append(flags, "-count")
	}
	in, out, err := os.Pipe()
	if err != nil {
		p.kill()
		return nil, err
	}
	p.turns = out
	p.drv, err = startOn(drvCPUs, r.driver, flags, environ("GOMAXPROCS=1"), in)
	in.Close()
	if err != nil {
		p.kill()
		return nil, err
	}
	var warm wire.Result
	if err := p.answer(&warm, r.timeout); err != nil {
		p.kill()
		return nil, err
	}
	if note := p.drv.stderr.String(); note != "" {
		fmt.Fprint(os.Stderr, note)
	}
	return p, nil
}

// answer waits for the driver. When it hangs the server's stacks are shown:
// its side is the interesting one.
func (p *pair) answer(v *wire.Result, timeout time.Duration) error {
	err := p.drv.line(v, timeout)
	if err == nil {
		return nil
	}
	select {
	case <-p.srv.done:
		return fmt.Errorf("%w\nthe server ended: %v\n%s", err, p.srv.err, p.srv.stderr.String())
	default:
		return fmt.Errorf("%w\n%w", err, p.srv.hung("its driver failed"))
	}
}

func (p *pair) turn(timeout time.Duration) (map[string]float64, error) {
	if _, err := io.WriteString(p.turns, "go\n"); err != nil {
		return nil, err
	}
	var res wire.Result
	err := p.answer(&res, timeout)
	return res.Values, err
}

// end closes the connections and stops the server, whose count must agree.
func (p *pair) end(timeout time.Duration) (map[string]float64, error) {
	p.turns.Close()
	var total wire.Result
	if err := p.answer(&total, timeout); err != nil {
		return nil, err
	}
	final, err := p.srv.stop()
	if err != nil {
		return nil, err
	}
	if final.Messages != total.Messages {
		return nil, fmt.Errorf("the server handled %d messages, the driver %d", final.Messages, total.Messages)
	}
	return final.Extra, nil
}

func (p *pair) kill() {
	if p.turns != nil {
		p.turns.Close()
	}
	for _, c := range []*child{p.drv, p.srv} {
		if c != nil {
			c.kill()
		}
	}
}
