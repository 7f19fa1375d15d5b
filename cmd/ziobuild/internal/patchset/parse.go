// Package patchset reads, applies, verifies and writes the patch series.
//
// A series is a folder of files NNNN-slug.patch in the format of git
// format-patch. The package is stricter than git on purpose: a patch only
// modifies files, names the full hash of each file before and after, and
// applies at exactly the lines it names or not at all.
package patchset

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Patch is one parsed file of the series.
type Patch struct {
	Name    string // file name, NNNN-slug.patch
	Number  int    // NNNN
	Subject string // without "[PATCH] "
	Body    string // the message below the subject, with its trailers
	Files   []FileDiff
	Raw     []byte
}

// A FileDiff is the part of a patch that changes one file.
type FileDiff struct {
	Path    string // slash-separated, relative to GOROOT
	OldHash string // git blob hash before
	NewHash string // git blob hash after
	Hunks   []Hunk
}

// A Hunk is one @@ section.
type Hunk struct {
	Header             string
	OldStart, OldLines int
	NewStart, NewLines int
	Lines              []Line
	PatchLine          int // line of the @@ header in the patch file
}

// A Line is one line of a hunk. Text includes its newline, which only the last
// line of a file may lack.
type Line struct {
	Op   byte // ' ', '-' or '+'
	Text string
}

var (
	nameRE  = regexp.MustCompile(`^(\d{4})-[a-z0-9][a-z0-9._-]*\.patch$`)
	indexRE = regexp.MustCompile(`^index ([0-9a-f]{40})\.\.([0-9a-f]{40})(?: \d{6})?$`)
	hunkRE  = regexp.MustCompile(`^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@`)
	gitRE   = regexp.MustCompile(`^diff --git a/(\S+) b/(\S+)$`)
)

// zeroHash is how git writes "no such file" in an index line.
const zeroHash = "0000000000000000000000000000000000000000"

// forbidden are the extended header lines of changes that are not plain
// modifications. New code belongs into a new file under src/.
var forbidden = []struct{ prefix, what string }{
	{"new file mode ", "adds a file; put new files under src/ instead"},
	{"deleted file mode ", "deletes a file; guard its content with a build tag instead"},
	{"old mode ", "changes a file mode"},
	{"new mode ", "changes a file mode"},
	{"rename from ", "renames a file"},
	{"rename to ", "renames a file"},
	{"copy from ", "copies a file"},
	{"copy to ", "copies a file"},
	{"similarity index ", "renames or copies a file"},
	{"dissimilarity index ", "rewrites a file; write it without -B"},
	{"GIT binary patch", "is a binary patch"},
	{"Binary files ", "is a binary patch"},
}

// Parse reads one patch file.
func Parse(name string, raw []byte) (*Patch, error) {
	m := nameRE.FindStringSubmatch(name)
	if m == nil {
		return nil, fmt.Errorf("%s: the name must look like 0123-short-slug.patch", name)
	}
	p := &Patch{Name: name, Raw: raw}
	p.Number, _ = strconv.Atoi(m[1])
	ps := &parser{name: name, lines: strings.SplitAfter(string(raw), "\n")}
	if n := len(ps.lines); n > 0 && ps.lines[n-1] == "" {
		ps.lines = ps.lines[:n-1]
	}
	if err := ps.checkLineEnds(); err != nil {
		return nil, err
	}
	if err := ps.header(p); err != nil {
		return nil, err
	}
	for ps.more() {
		f, err := ps.file()
		if err != nil {
			return nil, err
		}
		for _, g := range p.Files {
			if g.Path == f.Path {
				return nil, fmt.Errorf("%s: %s is in the patch twice", name, f.Path)
			}
		}
		p.Files = append(p.Files, *f)
	}
	if len(p.Files) == 0 {
		return nil, fmt.Errorf("%s: changes no file; delete it", name)
	}
	return p, nil
}

// Changed counts the added and removed lines.
func (p *Patch) Changed() int {
	n := 0
	for _, f := range p.Files {
		for _, h := range f.Hunks {
			for _, l := range h.Lines {
				if l.Op != ' ' {
					n++
				}
			}
		}
	}
	return n
}

// Trailers returns the values of the "Key: value" lines of the message.
func (p *Patch) Trailers(key string) []string {
	var vals []string
	for line := range strings.Lines(p.Body) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), key+":"); ok {
			vals = append(vals, strings.TrimSpace(v))
		}
	}
	return vals
}

type parser struct {
	name  string
	lines []string
	pos   int
}

func (ps *parser) more() bool { return ps.pos < len(ps.lines) }

// peek returns the current line without its newline.
func (ps *parser) peek() string { return strings.TrimSuffix(ps.lines[ps.pos], "\n") }

func (ps *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", ps.name, ps.pos+1, fmt.Sprintf(format, args...))
}

// checkLineEnds finds a checkout that converted line endings. Only lines of
// the patch format itself count: the content of a patched file may hold CRs.
func (ps *parser) checkLineEnds() error {
	for i, l := range ps.lines {
		if !strings.HasSuffix(l, "\r\n") {
			continue
		}
		if i == 0 || strings.HasPrefix(l, "diff --git ") || strings.HasPrefix(l, "@@ ") || strings.HasPrefix(l, "index ") {
			ps.pos = i
			return ps.errorf("the patch has CRLF line endings, so it cannot match; check it out again without conversion: git config core.autocrlf false && git checkout -- patches")
		}
	}
	return nil
}

// header reads the mail header and the message, up to the first diff.
func (ps *parser) header(p *Patch) error {
	if !ps.more() || !strings.HasPrefix(ps.peek(), "From "+zeroHash+" ") {
		return ps.errorf("the first line must be \"From %s Mon Sep 17 00:00:00 2001\"; write patches with 'ziobuild patch extract'", zeroHash)
	}
	ps.pos++
	for ; ps.more() && ps.peek() != ""; ps.pos++ {
		l := ps.peek()
		if s, ok := strings.CutPrefix(l, "Subject: "); ok {
			p.Subject = strings.TrimPrefix(s, "[PATCH] ")
		} else if strings.HasPrefix(l, " ") && p.Subject != "" {
			p.Subject += l
		}
	}
	if p.Subject == "" {
		return ps.errorf("no Subject: line")
	}
	var body []string
	sawRule := false
	for ; ps.more(); ps.pos++ {
		l := ps.peek()
		if strings.HasPrefix(l, "diff --git ") {
			break
		}
		if l == "---" {
			sawRule = true
		}
		if !sawRule {
			body = append(body, l)
		}
	}
	if !sawRule {
		return ps.errorf("no line \"---\" between message and diff")
	}
	p.Body = strings.TrimSpace(strings.Join(body, "\n"))
	return nil
}

// file reads the diff of one file.
func (ps *parser) file() (*FileDiff, error) {
	m := gitRE.FindStringSubmatch(ps.peek())
	if m == nil {
		return nil, ps.errorf("expected \"diff --git a/PATH b/PATH\", found %q", ps.peek())
	}
	if m[1] != m[2] {
		return nil, ps.errorf("renames %s to %s; patches only modify", m[1], m[2])
	}
	f := &FileDiff{Path: m[1]}
	ps.pos++
	sawNames := 0
	for ; ps.more(); ps.pos++ {
		l := ps.peek()
		for _, bad := range forbidden {
			if strings.HasPrefix(l, bad.prefix) {
				return nil, ps.errorf("%s: the patch %s", f.Path, bad.what)
			}
		}
		switch {
		case strings.HasPrefix(l, "index "):
			im := indexRE.FindStringSubmatch(l)
			if im == nil {
				return nil, ps.errorf("%s: the index line must hold full hashes; write patches with 'ziobuild patch extract'", f.Path)
			}
			f.OldHash, f.NewHash = im[1], im[2]
			if f.OldHash == zeroHash || f.NewHash == zeroHash {
				return nil, ps.errorf("%s: the patch adds or deletes the file; patches only modify", f.Path)
			}
			continue
		case l == "--- a/"+f.Path, l == "+++ b/"+f.Path:
			sawNames++
			continue
		}
		break
	}
	if f.OldHash == "" || sawNames != 2 {
		return nil, ps.errorf("%s: needs an index line and --- a/, +++ b/ lines with the same path", f.Path)
	}
	for ps.more() && strings.HasPrefix(ps.peek(), "@@ ") {
		h, err := ps.hunk(f.Path)
		if err != nil {
			return nil, err
		}
		f.Hunks = append(f.Hunks, *h)
	}
	if len(f.Hunks) == 0 {
		return nil, ps.errorf("%s: no hunks", f.Path)
	}
	return f, nil
}

// hunk reads one @@ section, trusting its counts and nothing else.
func (ps *parser) hunk(path string) (*Hunk, error) {
	m := hunkRE.FindStringSubmatch(ps.peek())
	if m == nil {
		return nil, ps.errorf("%s: malformed hunk header %q", path, ps.peek())
	}
	num := func(s string) int {
		if s == "" {
			return 1
		}
		n, _ := strconv.Atoi(s)
		return n
	}
	h := &Hunk{
		Header: m[0], PatchLine: ps.pos + 1,
		OldStart: num(m[1]), OldLines: num(m[2]), NewStart: num(m[3]), NewLines: num(m[4]),
	}
	ps.pos++
	oldN, newN := 0, 0
	for oldN < h.OldLines || newN < h.NewLines {
		if !ps.more() {
			return nil, ps.errorf("%s: the patch ends inside hunk %s; the file is truncated", path, h.Header)
		}
		raw := ps.lines[ps.pos]
		switch raw[0] {
		case ' ':
			oldN++
			newN++
		case '-':
			oldN++
		case '+':
			newN++
		default:
			return nil, ps.errorf("%s: hunk %s: unexpected line %q", path, h.Header, ps.peek())
		}
		h.Lines = append(h.Lines, Line{raw[0], raw[1:]})
		ps.pos++
		if ps.more() && strings.HasPrefix(ps.lines[ps.pos], `\ `) {
			last := &h.Lines[len(h.Lines)-1]
			last.Text = strings.TrimSuffix(last.Text, "\n")
			ps.pos++
		}
	}
	if oldN != h.OldLines || newN != h.NewLines {
		return nil, ps.errorf("%s: hunk %s holds %d old and %d new lines", path, h.Header, oldN, newN)
	}
	return h, nil
}

// isText reports whether content can be patched by lines.
func isText(content []byte) bool { return bytes.IndexByte(content, 0) < 0 }
