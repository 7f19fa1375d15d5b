// Package progress shows on stderr what ziobuild does while it works: a line
// per stage, or on a terminal one line that moves.
package progress

import (
	"fmt"
	"io"
	"time"
)

// A Printer prints stages. The zero value is not usable; see [New].
type Printer struct {
	w      io.Writer
	term   bool
	stage  string
	start  time.Time
	last   time.Time
	dirty  bool // the cursor is behind text on a terminal line
	counts string
}

// New returns a printer to w, which is a terminal or not.
func New(w io.Writer, term bool) *Printer { return &Printer{w: w, term: term} }

// Stage ends the stage before and begins one.
func (p *Printer) Stage(what string) {
	p.finish()
	p.stage, p.start, p.counts = what, time.Now(), ""
	if p.term {
		p.draw("")
	} else {
		fmt.Fprintf(p.w, "ziobuild: %s\n", what)
	}
}

// Step shows how far the stage is. It only shows on a terminal.
func (p *Printer) Step(done, all int) {
	if !p.term || p.stage == "" || time.Since(p.last) < 50*time.Millisecond {
		return
	}
	p.last = time.Now()
	if all > 0 {
		p.draw(fmt.Sprintf(" %d/%d", min(done, all), all))
	} else {
		p.draw(fmt.Sprintf(" %d", done))
	}
}

// Done ends the last stage.
func (p *Printer) Done() {
	p.finish()
	p.stage = ""
}

func (p *Printer) draw(counts string) {
	p.dirty = true
	fmt.Fprintf(p.w, "\r\x1b[Kziobuild: %s%s", p.stage, counts)
}

// finish leaves the stage's line with its time.
func (p *Printer) finish() {
	if p.dirty {
		fmt.Fprintf(p.w, "\r\x1b[Kziobuild: %s (%.1fs)\n", p.stage, time.Since(p.start).Seconds())
		p.dirty = false
	}
}
