package patchset

import (
	"bytes"
	"fmt"
	"go/format"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A Report is what [Verify] found.
type Report struct {
	Problems []string // the series must not be used
	Warnings []string
}

func (r *Report) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

func (r *Report) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

// maxChanged is the size above which a patch should be split.
const maxChanged = 300

var subjectRE = regexp.MustCompile(`^[a-z][a-z0-9_./]*(, [a-z][a-z0-9_./]*)*: [a-z0-9]\S* .*[^.]$`)

// Verify checks the whole series: that it applies to base in order and strictly
// and can be taken back, that its results are formatted, that the messages say
// what they must, that the new files are new, and that the ledger in readme is
// that of the series.
func Verify(base fs.FS, s Series, overlay map[string][]byte, readme string) *Report {
	r := new(Report)
	for _, p := range s {
		r.checkMessage(p, overlay)
	}
	r.checkOverlay(base, s, overlay)
	r.Problems = append(r.Problems, checkLedger(readme, s)...)

	tree := NewTree(base)
	for _, p := range s {
		if err := tree.Apply(p); err != nil {
			r.problem("%v", err)
			return r // what follows would only be a consequence
		}
	}
	for _, name := range tree.Changed() {
		before, _ := fs.ReadFile(base, name)
		after, _ := tree.Read(name)
		// Some upstream files are not gofmt clean; those may stay so.
		if path.Ext(name) == ".go" && formatted(before) && !formatted(after) {
			r.problem("%s is not gofmt clean after the series", name)
		}
	}
	for _, p := range slices.Backward(s) {
		if err := tree.Unapply(p); err != nil {
			r.problem("in reverse: %v", err)
			return r
		}
	}
	for _, name := range tree.Changed() {
		before, _ := fs.ReadFile(base, name)
		if after, _ := tree.Read(name); !bytes.Equal(before, after) {
			r.problem("%s is not as before when the series is taken back", name)
		}
	}
	return r
}

func (r *Report) checkMessage(p *Patch, overlay map[string][]byte) {
	if !subjectRE.MatchString(p.Subject) {
		r.problem("%s: the subject must read \"pkg: do what it does\", lower case, no full stop: %q", p.Name, p.Subject)
	}
	if len(p.Subject) > 72 {
		r.warn("%s: the subject has %d characters; 72 fit a terminal", p.Name, len(p.Subject))
	}
	if want := fmt.Sprintf("%04d-%s.patch", p.Number, slug(p.Subject)); p.Name != want {
		r.problem("%s: the name does not follow from the subject; 'ziobuild patch extract' writes %s", p.Name, want)
	}
	if n, ok := trailerNumber(p.Body); !ok || n != p.Number {
		r.problem("%s: the message needs the line \"Patch: %04d\"", p.Name, p.Number)
	}
	if len(p.Trailers("Drop-When")) == 0 {
		r.problem("%s: the message needs a line \"Drop-When: ...\"", p.Name)
	}
	if prose, _, _ := strings.Cut(p.Body, "Patch:"); len(strings.Fields(prose)) < 10 {
		r.problem("%s: the message must say why, what upstream does, and what happens with zio off", p.Name)
	}
	for _, pat := range filesNew(p) {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(overlay)), func(name string) bool { return matches(pat, name) }) {
			r.problem("%s: Files-New: %s matches no file under src/", p.Name, pat)
		}
	}
	if n := p.Changed(); n > maxChanged {
		r.warn("%s: %d changed lines; split it, or say in the message why not", p.Name, n)
	}
}

func (r *Report) checkOverlay(base fs.FS, s Series, overlay map[string][]byte) {
	for _, name := range slices.Sorted(maps.Keys(overlay)) {
		if f, err := base.Open(name); err == nil {
			f.Close()
			r.problem("%s is a file of the base release; a file under src/ must be new", name)
		}
		if path.Ext(name) == ".go" && !formatted(overlay[name]) {
			r.problem("%s is not gofmt clean", name)
		}
	}
}

// PrefixFiles returns the files that a build after the first n patches sees
// in place of the base release's: their results, and the new files that they
// bring by a "Files-New:" trailer. After the last patch every new file is in.
func (s Series) PrefixFiles(base fs.FS, n int, overlay map[string][]byte) (map[string][]byte, error) {
	tree := NewTree(base)
	files := make(map[string][]byte)
	for _, p := range s[:n] {
		if err := tree.Apply(p); err != nil {
			return nil, err
		}
		for _, pat := range filesNew(p) {
			for name, data := range overlay {
				if matches(pat, name) {
					files[name] = data
				}
			}
		}
	}
	for _, name := range tree.Changed() {
		files[name], _ = tree.Read(name)
	}
	if n == len(s) {
		maps.Copy(files, overlay)
	}
	return files, nil
}

// filesNew returns the patterns of the new files that come with a patch.
func filesNew(p *Patch) []string {
	var pats []string
	for _, v := range p.Trailers("Files-New") {
		pats = append(pats, strings.FieldsFunc(v, func(r rune) bool { return r == ' ' || r == ',' })...)
	}
	return pats
}

func matches(pattern, name string) bool {
	ok, _ := path.Match(pattern, name)
	return ok
}

func formatted(src []byte) bool {
	out, err := format.Source(src)
	return err == nil && bytes.Equal(out, src)
}
