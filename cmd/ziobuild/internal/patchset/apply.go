package patchset

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// An ApplyError says where a patch and a tree disagree.
type ApplyError struct {
	Patch    string
	File     string
	Hunk     int    // 1-based; 0 if the whole file is meant
	Header   string // the @@ header
	Line     int    // 1-based line of the file that differs; 0 if none
	Expected string
	Found    string
	Problem  string
}

// Error names patch, file, hunk, and the expected and found text.
func (e *ApplyError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "patch %s does not apply: %s", e.Patch, e.File)
	if e.Hunk > 0 {
		fmt.Fprintf(&b, ", hunk %d %s", e.Hunk, e.Header)
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, ", line %d", e.Line)
	}
	fmt.Fprintf(&b, ": %s", e.Problem)
	if e.Expected != "" || e.Found != "" {
		fmt.Fprintf(&b, "\n\texpected: %s\n\tfound:    %s", e.Expected, e.Found)
	}
	return b.String()
}

// BlobHash returns the git blob hash of content.
func BlobHash(content []byte) string {
	h := sha1.New()
	h.Write([]byte("blob " + strconv.Itoa(len(content)) + "\x00"))
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}

// Apply applies one file's diff, with no fuzz and no offset, and checks the
// content's hash before and after.
func (f *FileDiff) Apply(patch string, content []byte) ([]byte, error) {
	fail := func(problem, want, got string) error {
		return &ApplyError{Patch: patch, File: f.Path, Problem: problem, Expected: want, Found: got}
	}
	if !isText(content) {
		return nil, fail("the file is binary", "", "")
	}
	// The hunks come first: when the content differs, the first differing
	// line says more than two hashes do.
	out, err := f.applyHunks(patch, content)
	if err != nil {
		return nil, err
	}
	if got := BlobHash(content); got != f.OldHash {
		return nil, fail("every hunk fits, but the file is not the one the patch was made from", "blob "+f.OldHash, "blob "+got)
	}
	if got := BlobHash(out); got != f.NewHash {
		return nil, fail("the result is not what the patch promises; was the patch edited by hand?", "blob "+f.NewHash, "blob "+got)
	}
	return out, nil
}

// Reverse returns the diff that undoes f.
func (f *FileDiff) Reverse() *FileDiff {
	r := &FileDiff{Path: f.Path, OldHash: f.NewHash, NewHash: f.OldHash}
	for _, h := range f.Hunks {
		g := Hunk{
			Header: h.Header, PatchLine: h.PatchLine,
			OldStart: h.NewStart, OldLines: h.NewLines, NewStart: h.OldStart, NewLines: h.OldLines,
		}
		for _, l := range h.Lines {
			switch l.Op {
			case '+':
				l.Op = '-'
			case '-':
				l.Op = '+'
			}
			g.Lines = append(g.Lines, l)
		}
		r.Hunks = append(r.Hunks, g)
	}
	return r
}

func (f *FileDiff) applyHunks(patch string, content []byte) ([]byte, error) {
	lines := splitLines(string(content))
	var out strings.Builder
	out.Grow(len(content) + 4096)
	pos, delta := 0, 0 // pos: lines copied so far; delta: new minus old
	for i, h := range f.Hunks {
		fail := func(line int, problem, want, got string) error {
			return &ApplyError{Patch: patch, File: f.Path, Hunk: i + 1, Header: h.Header,
				Line: line, Problem: problem, Expected: want, Found: got}
		}
		start := h.OldStart - 1
		if h.OldLines == 0 {
			start = h.OldStart // "-N,0" inserts after line N
		}
		newStart := h.NewStart - 1
		if h.NewLines == 0 {
			newStart = h.NewStart
		}
		if start < pos || start > len(lines) {
			if start > len(lines) {
				return nil, fail(h.OldStart, "the hunk starts beyond the end of the file",
					fmt.Sprintf("at least %d lines", h.OldStart), fmt.Sprintf("%d lines", len(lines)))
			}
			return nil, fail(h.OldStart, "the hunk overlaps the one before it", "", "")
		}
		if newStart != start+delta {
			return nil, fail(h.OldStart, "the hunk header's new start does not follow from the hunks before it",
				fmt.Sprintf("+%d", start+delta+1), fmt.Sprintf("+%d", h.NewStart))
		}
		for ; pos < start; pos++ {
			out.WriteString(lines[pos])
		}
		for _, l := range h.Lines {
			if l.Op == '+' {
				out.WriteString(l.Text)
				continue
			}
			if pos >= len(lines) {
				return nil, fail(pos+1, "the file ends inside the hunk", strconv.Quote(l.Text), "end of file")
			}
			if lines[pos] != l.Text {
				return nil, fail(pos+1, "the text differs", strconv.Quote(l.Text), strconv.Quote(lines[pos]))
			}
			if l.Op == ' ' {
				out.WriteString(l.Text)
			}
			pos++
		}
		delta += h.NewLines - h.OldLines
	}
	for ; pos < len(lines); pos++ {
		out.WriteString(lines[pos])
	}
	return []byte(out.String()), nil
}

// splitLines cuts s after each newline; the last line may lack one.
func splitLines(s string) []string {
	lines := strings.SplitAfter(s, "\n")
	if n := len(lines); lines[n-1] == "" {
		lines = lines[:n-1]
	}
	return lines
}
