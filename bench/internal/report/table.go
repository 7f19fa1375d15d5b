package report

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// Line is one line of the table: a measure of a case at one GOMAXPROCS.
type Line struct {
	Case    string
	Procs   int // 0: does not matter
	Measure string
	// More says that a larger value is better.
	More bool
	// Absolute says that Must and Aim bound the value and not the ratio to stock.
	Absolute  bool
	Must, Aim float64 // 0: no goal
	// Detail lines help to understand the others and are shown on request.
	Detail bool
}

// Mark compares v with a goal.
func (l Line) Mark(v float64) string {
	within := func(goal float64) bool {
		if l.More {
			return v >= goal
		}
		return v <= goal
	}
	switch {
	case l.Must == 0 || math.IsNaN(v):
		return ""
	case l.Aim != 0 && within(l.Aim):
		return "aim"
	case within(l.Must):
		return "ok"
	}
	return "LOSE"
}

// goaled says which sides are held to the goals: the submission backends. The
// others are there to compare with.
func goaled(side string) bool {
	switch side {
	case "io_uring", "epoll", "poll":
		return true
	}
	return false
}

// Table prints what the rows say: a line per measure, and for each side but
// the first its value and its ratio to the first. It returns how many
// goals of the first zio side were missed.
func Table(w io.Writer, lines []Line, sides []string, rows []Row) (lost int) {
	head := []string{"case", "P", "measure", "must", "aim"}
	for i, s := range sides {
		head = append(head, s)
		if i > 0 {
			head = append(head, "ratio (min..max)", "")
		}
	}
	cells := [][]string{head}
	judged := "" // the first side that has goals
	for _, s := range sides {
		if goaled(s) {
			judged = s
			break
		}
	}
	for _, l := range lines {
		values := gather(l, rows)
		if len(values) == 0 {
			continue
		}
		line := []string{l.Case, procs(l.Procs), l.Measure, goal(l.Must), goal(l.Aim)}
		for i, s := range sides {
			sum := Summary(values[s].All())
			line = append(line, Number(sum.Median))
			if i == 0 {
				continue
			}
			ratio := Summary(Ratios(values[sides[0]], values[s]))
			line = append(line, ratioCell(ratio))
			mark := ""
			if goaled(s) {
				v := ratio.Median
				if l.Absolute {
					v = sum.Median
				}
				if mark = l.Mark(v); mark == "LOSE" && s == judged {
					lost++
				}
			}
			line = append(line, mark)
		}
		cells = append(cells, line)
	}
	Align(w, cells)
	return lost
}

// gather returns the values of a line by side.
func gather(l Line, rows []Row) map[string]Turns {
	values := map[string]Turns{}
	for _, r := range rows {
		if v, ok := r.Values[l.Measure]; ok && r.Case == l.Case && r.Procs == l.Procs {
			if values[r.Side] == nil {
				values[r.Side] = Turns{}
			}
			values[r.Side].Add(r.Round, r.Turn, v)
		}
	}
	return values
}

func procs(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func goal(v float64) string {
	if v == 0 {
		return ""
	}
	return Number(v)
}

func ratioCell(s Spread) string {
	if s.N == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f (%.2f..%.2f)", s.Median, s.Min, s.Max)
}

// Number prints v with three significant digits, or "-" when there is none.
func Number(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "-"
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 1:
		return fmt.Sprintf("%.2f", v)
	case a == 0:
		return "0"
	default:
		return fmt.Sprintf("%.3f", v)
	}
}

// Align prints cells in columns: text to the left, figures to the right.
func Align(w io.Writer, cells [][]string) {
	var width []int
	for _, line := range cells {
		for i, c := range line {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	for _, line := range cells {
		var b strings.Builder
		for i, c := range line {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			if i == 0 || i == 2 { // case, measure
				c += pad
			} else {
				c = pad + c
			}
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(c)
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}
