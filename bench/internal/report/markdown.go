package report

import (
	"fmt"
	"io"
)

// Markdown prints the lines that have a goal for readers who want to know what
// to expect: stock, io_uring and its ratio, the ratio of epoll, and the goal,
// which is io_uring's. title and unit say what cases and measures are called.
func Markdown(w io.Writer, lines []Line, rows []Row, title, unit func(string) string) {
	fmt.Fprintln(w, "| case | measure | P | stock | io_uring | ratio (min..max) | epoll, ratio | goal |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|")
	for _, l := range lines {
		values := gather(l, rows)
		if l.Must == 0 || values["stock"] == nil || values["io_uring"] == nil {
			continue
		}
		stock, uring := Summary(values["stock"].All()), Summary(values["io_uring"].All())
		ratio := Summary(Ratios(values["stock"], values["io_uring"]))
		v, what := ratio.Median, ""
		if l.Absolute {
			v, what = uring.Median, " (the value)"
		}
		rel := "<="
		if l.More {
			rel = ">="
		}
		missed := ""
		if l.Mark(v) == "LOSE" {
			missed = " **missed**"
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s | %s %s%s%s |\n", title(l.Case), unit(l.Measure), procs(l.Procs),
			Number(stock.Median), Number(uring.Median), ratioCell(ratio), ratioCell(Summary(Ratios(values["stock"], values["epoll"]))),
			rel, Number(l.Must), what, missed)
	}
}
