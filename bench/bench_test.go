package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPickCases(t *testing.T) {
	names := func(pattern string) (out []string) {
		picked, err := pickCases(pattern)
		if err != nil {
			t.Fatalf("%q: %v", pattern, err)
		}
		for _, c := range picked {
			out = append(out, c.name)
		}
		return out
	}
	if got := names("echo-1000|echo-16$"); !slices.Equal(got, []string{"echo-1000", "echo-16"}) {
		t.Errorf("got %v", got)
	}
	all := names("")
	if slices.Contains(all, "ziobuild-cold") || !slices.Contains(all, "hello") {
		t.Errorf("without a pattern: %v", all)
	}
	if got := names("ziobuild"); len(got) != 2 {
		t.Errorf("slow cases by name: %v", got)
	}
	if _, err := pickCases("nonsense"); err == nil {
		t.Error("no error for a pattern without a case")
	}
	if _, err := pickCases("("); err == nil {
		t.Error("no error for a bad pattern")
	}
}

func TestCasesAreSound(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range cases {
		if seen[c.name] {
			t.Errorf("two cases %s", c.name)
		}
		seen[c.name] = true
		if c.run == nil && (c.program == "" || len(c.driver) == 0) {
			t.Errorf("%s: nothing to run", c.name)
		}
		goals := 0
		for _, l := range c.lines {
			if l.Must != 0 {
				goals++
			}
			if l.Aim != 0 && (l.More && l.Aim < l.Must || !l.More && l.Aim > l.Must) {
				t.Errorf("%s: the aim of %s is easier than the must", c.name, l.Measure)
			}
		}
		if goals == 0 {
			t.Errorf("%s has no goal", c.name)
		}
	}
}

func TestPickSides(t *testing.T) {
	s, err := pickSides(defaultSides)
	if err != nil || s[0].name != "stock" {
		t.Errorf("%v, %v", s, err)
	}
	if _, err := pickSides("stock,kqueue"); err == nil || !strings.Contains(err.Error(), "kqueue") {
		t.Errorf("err = %v", err)
	}
}

func TestSideEnv(t *testing.T) {
	t.Setenv("GODEBUG", "zio=off,madvdontneed=1")
	t.Setenv("GOMAXPROCS", "7")
	get := func(s side, extra string) (out []string) {
		for _, e := range s.env(2, extra) {
			if strings.HasPrefix(e, "GODEBUG=") || strings.HasPrefix(e, "GOMAXPROCS=") {
				out = append(out, e)
			}
		}
		return out
	}
	if got := get(side{"stock", "stock", ""}, "ziotrace=1"); !slices.Equal(got, []string{"GOMAXPROCS=2"}) {
		t.Errorf("stock: %v", got)
	}
	want := []string{"GOMAXPROCS=2", "GODEBUG=zio=poll,ziotrace=1"}
	if got := get(side{"poll", "zio", "poll"}, "ziotrace=1"); !slices.Equal(got, want) {
		t.Errorf("poll: %v", got)
	}
}

func TestChildBounds(t *testing.T) {
	// A child that never says a word ends, and the error tells.
	c, err := start("sh", []string{"-c", "echo started >&2; exec sleep 60"}, nil)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(c.kill)
	begin := time.Now()
	var v any
	err = c.line(&v, 100*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "SIGQUIT") || !strings.Contains(err.Error(), "started") {
		t.Errorf("err = %v", err)
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("it took %v", d)
	}
	// So does one that ends without a word.
	c, err = start("sh", []string{"-c", "echo broken >&2; exit 3"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.line(&v, 5*time.Second); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("err = %v", err)
	}
}
