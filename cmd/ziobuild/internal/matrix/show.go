package matrix

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Lines shows a line for each row that is done.
type Lines struct {
	W    io.Writer
	lock sync.Mutex
	all  int
	done int
}

// Begin says how much there is to do.
func (s *Lines) Begin(jobs []*Job) { s.all = len(jobs) }

// State shows nothing.
func (s *Lines) State(*Job, string) {}

// Done shows the rows of a job.
func (s *Lines) Done(j *Job, rows []*Row) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.done++
	for _, r := range rows {
		fmt.Fprintf(s.W, "[%d/%d] %s\n", s.done, s.all, rowLine(r))
	}
}

// End shows nothing.
func (s *Lines) End() {}

func rowLine(r *Row) string {
	if r.NotRun != "" {
		return r.Name() + ": not-run: " + r.NotRun
	}
	var list []string
	for _, c := range r.Cells {
		list = append(list, c.Unit+" "+c.text())
	}
	s := fmt.Sprintf("%s: %s", r.Name(), strings.Join(list, ", "))
	if r.Ring > 0 {
		s += fmt.Sprintf(", %d in a ring", r.Ring)
	}
	return fmt.Sprintf("%s (%.0f s)", s, r.Seconds)
}

// Live shows a table on a terminal, of what is done and what is being done, which
// is drawn over itself.
type Live struct {
	W      io.Writer
	Height int // lines of the terminal
	Width  int

	lock   sync.Mutex
	jobs   []*Job
	states map[*Job]string
	rows   map[*Job][]*Row
	drawn  int // lines on the screen
	last   time.Time
}

// Begin draws the jobs.
func (s *Live) Begin(jobs []*Job) {
	s.jobs, s.states, s.rows = jobs, map[*Job]string{}, map[*Job][]*Row{}
}

// State notes what a job does.
func (s *Live) State(j *Job, what string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.states[j] = what
	if time.Since(s.last) > 200*time.Millisecond {
		s.draw()
	}
}

// Done notes the rows of a job.
func (s *Live) Done(j *Job, rows []*Row) {
	s.lock.Lock()
	defer s.lock.Unlock()
	delete(s.states, j)
	s.rows[j] = rows
	s.draw()
}

// End removes the table: the report prints all of it.
func (s *Live) End() {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.erase()
}

func (s *Live) erase() {
	if s.drawn > 0 {
		fmt.Fprintf(s.W, "\x1b[%dA\x1b[J", s.drawn)
	}
	s.drawn = 0
}

func (s *Live) draw() {
	s.last = time.Now()
	var rows []*Row
	var now []string
	for _, j := range s.jobs {
		rows = append(rows, s.rows[j]...)
		if what := s.states[j]; what != "" {
			now = append(now, j.Name()+": "+what)
		}
	}
	table := lines(rows)
	// The head, the newest rows that there is room for, and what goes on.
	room := max(1, s.Height-len(now)-3)
	if body := table[1:]; len(body) > room {
		table = append(table[:1:1], body[len(body)-room:]...)
	}
	table = append(append(table, now...), fmt.Sprintf("%d of %d jobs done", len(s.rows), len(s.jobs)))
	s.erase()
	for _, l := range table {
		fmt.Fprintln(s.W, l[:min(len(l), max(20, s.Width-1))])
	}
	s.drawn = len(table)
}
