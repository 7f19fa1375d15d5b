package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Row is one turn of one side: what is saved, and all that the table is made of.
type Row struct {
	Time   time.Time          `json:"time"`
	Case   string             `json:"case"`
	Procs  int                `json:"procs"` // GOMAXPROCS
	Side   string             `json:"side"`
	Round  int                `json:"round"` // of new processes
	Turn   int                `json:"turn"`  // within the round
	Values map[string]float64 `json:"values"`
}

// ReadRows reads rows that a Log saved. Lines that are none, the header, are left out.
func ReadRows(path string) ([]Row, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var rows []Row
	for line := range bytes.Lines(b) {
		var r Row
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if r.Case != "" {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// Log appends rows to a file as JSON lines, so that a run that is cut short
// keeps what it has.
type Log struct {
	Path string
	w    io.WriteCloser
}

// NewLog makes the file and writes the header, which describes the machine.
func NewLog(path string, header any) (*Log, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	l := &Log{path, f}
	return l, l.write(header)
}

// Add saves one row.
func (l *Log) Add(r Row) error { return l.write(r) }

func (l *Log) write(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(l.w, "%s\n", b)
	return err
}

// Close ends the file.
func (l *Log) Close() error { return l.w.Close() }
