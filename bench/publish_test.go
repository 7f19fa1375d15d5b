package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zio-go/zio/bench/internal/report"
)

// TestPublish writes papers from rows: the README's rows in the table and in
// the picture, and nothing else in the files changes.
func TestPublish(t *testing.T) {
	root := t.TempDir()
	log, err := report.NewLog(filepath.Join(root, "docs", "performance", "rows.jsonl"), map[string]string{"machine": "test"})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range front {
		for _, side := range []struct {
			name  string
			value float64
		}{{"stock", 10}, {"io_uring", 7}, {"epoll", 8}} {
			row := report.Row{Case: f.name, Procs: f.procs, Side: side.name, Round: 1, Turn: 1, Values: map[string]float64{f.measure: side.value}}
			if err := log.Add(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	log.Close()
	papers := []string{filepath.Join(root, "README.md"), filepath.Join(root, "docs", "performance.md")}
	for _, name := range papers {
		if err := os.WriteFile(name, []byte("before\n"+publishBegin+"\nold\n"+publishEnd+"\nafter\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second time changes nothing
		if err := publish(root); err != nil {
			t.Fatal(err)
		}
		for _, name := range papers {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text := string(data)
			if !strings.HasPrefix(text, "before\n") || !strings.HasSuffix(text, "\nafter\n") || strings.Contains(text, "old") {
				t.Errorf("%s:\n%s", name, text)
			}
			if n := strings.Count(text, "0.70 (0.70..0.70)"); n != len(front) {
				t.Errorf("%s has %d rows with the ratio, not %d:\n%s", name, n, len(front), text)
			}
		}
	}
	f, err := os.Open(filepath.Join(root, "docs", "performance", "rows.svg"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	texts := 0
	for dec := xml.NewDecoder(f); ; {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
		if c, ok := tok.(xml.CharData); ok && strings.TrimSpace(string(c)) == "0.70" {
			texts++
		}
	}
	if texts == 0 || texts > len(front) {
		t.Errorf("the picture has %d bars of 0.70", texts)
	}

	empty := t.TempDir()
	if err := publish(empty); err == nil || !strings.Contains(err.Error(), "there are no raw rows") {
		t.Errorf("without rows: %v", err)
	}
}

// TestPapers: the papers have the places that publish writes to, the README has
// the rows that it would write, and it is short.
func TestPapers(t *testing.T) {
	for _, name := range []string{"../README.md", "../docs/performance.md"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(data), publishBegin+"\n") != 1 || strings.Count(string(data), publishEnd) != 1 {
			t.Errorf("%s has no place for the rows", name)
		}
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(readme), "\n"); n >= 120 {
		t.Errorf("the README has %d lines; keep it under 120", n)
	}
	for _, f := range front {
		cell := "| " + titles.Replace(f.name) + " | " + units.Replace(f.measure) + " |"
		if !strings.Contains(string(readme), cell) {
			t.Errorf("the README has no row %s", cell)
		}
	}
}
