package report

import (
	"fmt"
	"html"
	"io"
	"math"
)

// Geometry of the picture, in pixels.
const (
	svgLabel = 330 // left of the bars
	svgBars  = 420
	svgRow   = 26
	svgTop   = 46
	svgMax   = 1.5 // ratio at the right edge; longer bars are cut, their number is not
)

// SVG draws the ratio of io_uring and of epoll to stock for each line whose
// goal is a ratio: a bar each, and a rule at 1. Shorter is better, but for
// the measures that say so.
func SVG(w io.Writer, lines []Line, rows []Row, title, unit func(string) string) error {
	type bar struct {
		label        string
		uring, epoll float64
	}
	var bars []bar
	for _, l := range lines {
		values := gather(l, rows)
		if l.Must == 0 || l.Absolute || values["stock"] == nil || values["io_uring"] == nil {
			continue
		}
		label := fmt.Sprintf("%s: %s", title(l.Case), unit(l.Measure))
		if l.Procs != 0 {
			label += fmt.Sprintf(", P=%d", l.Procs)
		}
		if l.More {
			label += " (more is better)"
		}
		bars = append(bars, bar{label, Summary(Ratios(values["stock"], values["io_uring"])).Median, Summary(Ratios(values["stock"], values["epoll"])).Median})
	}
	if len(bars) == 0 {
		return fmt.Errorf("no row has stock and io_uring and a goal")
	}
	height := svgTop + len(bars)*svgRow + 10
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">`+"\n", svgLabel+svgBars+60, height)
	fmt.Fprintf(w, `<rect width="100%%" height="100%%" fill="white"/>`+"\n")
	fmt.Fprintf(w, `<text x="10" y="18" font-size="13">zio/stock, by turns of one run; 1.00 is stock Go</text>`+"\n")
	fmt.Fprintf(w, `<rect x="10" y="26" width="10" height="10" fill="#2b6cb0"/><text x="24" y="35">io_uring</text>`+
		`<rect x="84" y="26" width="10" height="10" fill="#a0aec0"/><text x="98" y="35">epoll</text>`+"\n")
	x := func(ratio float64) float64 { return math.Min(ratio, svgMax) / svgMax * svgBars }
	for i, b := range bars {
		y := svgTop + i*svgRow
		fmt.Fprintf(w, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", svgLabel-6, y+14, html.EscapeString(b.label))
		for j, v := range []float64{b.uring, b.epoll} {
			if math.IsNaN(v) || v == 0 {
				continue
			}
			fill := []string{"#2b6cb0", "#a0aec0"}[j]
			fmt.Fprintf(w, `<rect x="%d" y="%d" width="%.1f" height="9" fill="%s"/><text x="%.1f" y="%d" font-size="9">%.2f</text>`+"\n",
				svgLabel, y+2+j*10, x(v), fill, float64(svgLabel)+x(v)+3, y+10+j*10, v)
		}
	}
	one := float64(svgLabel) + x(1)
	fmt.Fprintf(w, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#c53030" stroke-dasharray="3,3"/>`+"\n</svg>\n", one, svgTop-4, one, height-6)
	return nil
}
