package suite

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// A Report collects the results of all units on all sides.
type Report struct {
	Sides   []string
	Units   []*Unit
	Results []*Result
	Done    bool // every unit ran on every side
}

// Find returns the result of a unit on a side, or nil.
func (rp *Report) Find(side string, u *Unit) *Result {
	i := slices.IndexFunc(rp.Results, func(r *Result) bool { return r.Side == side && r.Unit == u.Name() })
	if i < 0 {
		return nil
	}
	return rp.Results[i]
}

// Compare compares the sides with the base.
func (rp *Report) Compare() (c Comparison) {
	for _, u := range rp.Units {
		var others []*Result
		for _, side := range rp.Sides {
			if r := rp.Find(side, u); r != nil && side != Base {
				others = append(others, r)
			}
		}
		c.merge(Compare(rp.Find(Base, u), others))
	}
	return c
}

// Print writes the table and what is to say about single tests. It reports
// whether the sides have no failure that the base lacks.
func (rp *Report) Print(w io.Writer) bool {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(tw, "package\t%s\n", strings.Join(rp.Sides, "\t"))
	for _, row := range rp.rows() {
		fmt.Fprintf(tw, "%s", row.name)
		for _, side := range rp.Sides {
			var rs []*Result
			for _, u := range row.units {
				if r := rp.Find(side, u); r != nil {
					rs = append(rs, r)
				}
			}
			text := "-"
			if len(rs) == len(row.units) {
				text = cell(rs)
			}
			fmt.Fprintf(tw, "\t%s", text)
		}
		fmt.Fprintln(tw)
	}
	tw.Flush()
	fmt.Fprintln(w, "\nEach entry: tests and subtests that passed, FAIL and how many failed in each of three attempts,\n"+
		"~ and how many passed when repeated alone, time of the test binaries.")

	c := rp.Compare()
	printFindings(w, "Failures that the base lacks", c.New, true)
	printFindings(w, "Failures that the base has too", c.Both, true)
	printFindings(w, "Failures of the base only", c.Mended, false)
	printFindings(w, "Flaky: failed, and passed alone", c.Flaky, true)
	printFindings(w, "Skipped where the base runs it", c.Skipped, false)

	end := "complete"
	if !rp.Done {
		end = "INCOMPLETE"
	}
	fmt.Fprintf(w, "\n%s: %d packages, sides %s: %d failures that the base lacks, %d that it has too, %d flaky\n",
		end, len(rp.Units), strings.Join(rp.Sides, " "), len(c.New), len(c.Both), len(c.Flaky))
	return rp.Done && len(c.New) == 0
}

type row struct {
	name  string
	units []*Unit
}

func (rp *Report) rows() (rows []*row) {
	for _, u := range rp.Units {
		i := slices.IndexFunc(rows, func(r *row) bool { return r.name == u.Row() })
		if i < 0 {
			i = len(rows)
			rows = append(rows, &row{name: u.Row()})
		}
		rows[i].units = append(rows[i].units, u)
	}
	return rows
}

func printFindings(w io.Writer, title string, list []Finding, detail bool) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s:\n", title)
	logs := map[string]bool{}
	for _, f := range list {
		fmt.Fprintf(w, "  %-8s %s %s", f.Side, f.Unit, f.Test)
		if f.Retries != "" && detail {
			fmt.Fprintf(w, " (%s)", f.Retries)
		}
		fmt.Fprintln(w)
		if f.Why != "" && detail {
			fmt.Fprintf(w, "           %s\n", f.Why)
		}
		if f.Log != "" && detail {
			logs[f.Log] = true
		}
	}
	for _, log := range sortedKeys(logs) {
		fmt.Fprintf(w, "  output: %s\n", filepath.ToSlash(log))
	}
}
