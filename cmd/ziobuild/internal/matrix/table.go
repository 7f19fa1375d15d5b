package matrix

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// text is a cell of the table: the patched toolchain's outcome, then the base's.
func (c *Cell) text() string {
	zio, base, isNew := c.Status()
	s := fmt.Sprintf("%s/%s", zio, base)
	if isNew {
		s = "!" + s
	}
	return s
}

// columns returns the units of the rows in the order in which they come.
func columns(rows []*Row) []string {
	var names []string
	for _, r := range rows {
		for _, c := range r.Cells {
			if !slices.Contains(names, c.Unit) {
				names = append(names, c.Unit)
			}
		}
	}
	return names
}

// lines returns the table's head and a line for each row.
func lines(rows []*Row) []string {
	cols := columns(rows)
	table := [][]string{append(append([]string{"zio/base"}, cols...), "ring")}
	for _, r := range rows {
		line := []string{r.Name()}
		if r.NotRun != "" {
			table = append(table, append(line, "not-run: "+r.NotRun))
			continue
		}
		for _, name := range cols {
			i := slices.IndexFunc(r.Cells, func(c *Cell) bool { return c.Unit == name })
			if i < 0 {
				line = append(line, "")
			} else {
				line = append(line, r.Cells[i].text())
			}
		}
		ring := ""
		if r.Ring > 0 {
			ring = fmt.Sprint(r.Ring)
		}
		table = append(table, append(line, ring))
	}
	return align(table)
}

// align makes columns. A row that is shorter than the first is one of words, which
// make no column wider.
func align(table [][]string) []string {
	width := make([]int, len(table[0]))
	for _, row := range table {
		for i, s := range row {
			if len(row) == len(table[0]) || i == 0 {
				width[i] = max(width[i], len(s))
			}
		}
	}
	var out []string
	for _, row := range table {
		var b strings.Builder
		for i, s := range row {
			fmt.Fprintf(&b, "%-*s  ", width[i], s)
		}
		out = append(out, strings.TrimRight(b.String(), " "))
	}
	return out
}

// Print writes the table, what is wrong, and a last line, which is missing from
// the output of a run that was cut short.
func (r *Report) Print(w io.Writer) {
	for _, l := range lines(r.Rows) {
		fmt.Fprintln(w, l)
	}
	left := map[string]bool{}
	for _, row := range r.Rows {
		for _, c := range row.Cells {
			for _, p := range c.Parts {
				printPart(w, row, c, p)
				if note := fmt.Sprintf("skip %s %s %s %s", row.Runner, c.Unit, p.Name, p.LeftOut); p.LeftOut != "" && !left[note] {
					left[note] = true
					fmt.Fprintln(w, note)
				}
			}
		}
	}
	if n := r.remembered(); n > 0 {
		fmt.Fprintf(w, "%s of the base passed in an earlier run and were not repeated (-fresh does)\n", count(n, "part"))
	}
	n, fresh := r.Counts()
	if !r.Complete {
		fmt.Fprintln(w, "matrix: CUT SHORT")
		return
	}
	fmt.Fprintf(w, "matrix complete: %d pass, %d flaky, %d skip, %d fail, %d timeout, %d not-run; %d not so on the base (!); %.0f s\n",
		n[Pass], n[Flaky], n[Skip], n[Fail], n[Timeout], n[NotRun], fresh, r.Seconds)
}

// remembered returns how many parts were not run on the base.
func (r *Report) remembered() int {
	parts := map[string]bool{}
	for _, row := range r.Rows {
		for _, c := range row.Cells {
			for _, p := range c.Parts {
				if p.Base.Remembered { // for all backends of a job at once
					parts[strings.Join([]string{row.Port, row.Variant, row.Runner, row.Kernel, c.Unit, p.Name}, " ")] = true
				}
			}
		}
	}
	return len(parts)
}

func printPart(w io.Writer, row *Row, c *Cell, p *Part) {
	name := row.Name() + " " + c.Unit
	if p.Name != c.Unit {
		name += " " + p.Name
	}
	switch {
	case p.New != "":
		fmt.Fprintf(w, "FAIL %s: %s\n", name, p.New)
	case p.Zio.Status.Bad():
		fmt.Fprintf(w, "same %s: %s, as on the base: %s\n", name, p.Zio.Why, p.Base.Why)
	case p.Zio.Status == Flaky:
		fmt.Fprintf(w, "flaky %s: %s\n", name, p.Zio.Why)
		return
	default:
		return
	}
	if p.Zio.Log != "" {
		fmt.Fprintf(w, "     %s\n", p.Zio.Log)
	}
}
