package report

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want float64
	}{
		{[]float64{3}, 3},
		{[]float64{9, 1, 5}, 5},
		{[]float64{4, 1, 3, 2}, 2.5},
	} {
		in := append([]float64(nil), c.in...)
		if got := Median(in); got != c.want {
			t.Errorf("Median(%v) = %v, want %v", c.in, got, c.want)
		}
		for i := range in {
			if in[i] != c.in[i] {
				t.Errorf("Median reordered its argument")
			}
		}
	}
	if !math.IsNaN(Median(nil)) {
		t.Error("the median of nothing must be NaN")
	}
}

func TestRatios(t *testing.T) {
	// The machine is twice as slow in turn 2; the pairs do not notice. Turn 3
	// has no partner, and of round 2 only what b does better is left.
	a := Turns{1: {1: 10, 2: 20, 3: 10}, 2: {1: 10}, 3: {1: 0}}
	b := Turns{1: {1: 8, 2: 16, 4: 1}, 2: {1: 5}, 3: {1: 5}, 4: {1: 5}}
	if got := Ratios(a, b); !slices.Equal(got, []float64{0.5, 0.8}) {
		t.Errorf("Ratios = %v, want [0.5 0.8]", got)
	}
	if got := Ratios(nil, b); len(got) != 0 {
		t.Errorf("ratios to nothing: %v", got)
	}
}

func TestMark(t *testing.T) {
	less := Line{Must: 0.80, Aim: 0.70}
	more := Line{Must: 0.98, Aim: 1.05, More: true}
	for _, c := range []struct {
		l    Line
		v    float64
		want string
	}{
		{less, 0.70, "aim"}, {less, 0.75, "ok"}, {less, 0.81, "LOSE"},
		{more, 1.10, "aim"}, {more, 0.99, "ok"}, {more, 0.97, "LOSE"},
		{Line{}, 5, ""}, {Line{Must: 1}, 0.5, "ok"}, {less, math.NaN(), ""},
	} {
		if got := c.l.Mark(c.v); got != c.want {
			t.Errorf("%+v: Mark(%v) = %q, want %q", c.l, c.v, got, c.want)
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		123456.7: "123457", 12.345: "12.3", 1.2345: "1.23", 0.12345: "0.123", 0: "0", math.NaN(): "-", -2: "-2.00",
	} {
		if got := Number(v); got != want {
			t.Errorf("Number(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	row := func(side string, round int, cpu, calls float64) Row {
		return Row{Case: "echo", Procs: 1, Side: side, Round: round,
			Values: map[string]float64{"cpu_us": cpu, "syscalls": calls}}
	}
	rows := []Row{
		row("stock", 1, 5, 3), row("io_uring", 1, 4, 0.05), row("epoll", 1, 5, 3),
		row("stock", 2, 10, 3), row("io_uring", 2, 7, 0.05),
	}
	lines := []Line{
		{Case: "echo", Procs: 1, Measure: "cpu_us", Must: 0.8, Aim: 0.7},
		{Case: "echo", Procs: 1, Measure: "syscalls", Must: 0.1, Aim: 0.03, Absolute: true},
		{Case: "echo", Procs: 2, Measure: "cpu_us", Must: 0.8}, // not run: no line
	}
	var b bytes.Buffer
	lost := Table(&b, lines, []string{"stock", "io_uring", "epoll", "poll"}, rows)
	want := strings.TrimLeft(`
case  P  measure    must    aim  stock  io_uring  ratio (min..max)      epoll  ratio (min..max)        poll  ratio (min..max)
echo  1  cpu_us    0.800  0.700   7.50      5.50  0.75 (0.70..0.80)  ok   5.00  1.00 (1.00..1.00)  LOSE     -                 -
echo  1  syscalls  0.100  0.030   3.00     0.050  0.02 (0.02..0.02)  ok   3.00  1.00 (1.00..1.00)  LOSE     -                 -
`, "\n")
	squeeze := func(s string) string {
		var out []string
		for l := range strings.Lines(s) {
			out = append(out, strings.Join(strings.Fields(l), " "))
		}
		return strings.Join(out, "\n")
	}
	if squeeze(b.String()) != squeeze(want) {
		t.Errorf("got:\n%swant:\n%s", b.String(), want)
	}
	if lost != 0 {
		t.Errorf("lost = %d: only the first backend is judged", lost)
	}
	if n := Table(&b, lines, []string{"stock", "epoll"}, rows); n != 2 {
		t.Errorf("lost = %d, want 2", n)
	}
}

func TestLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "rows.jsonl")
	l, err := NewLog(path, map[string]string{"kernel": "x"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Add(Row{Case: "echo", Side: "stock"}); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), "\n"); n != 2 || !strings.HasPrefix(string(b), `{"kernel":"x"}`) {
		t.Errorf("file holds:\n%s", b)
	}
}
