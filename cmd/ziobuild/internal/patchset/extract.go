package patchset

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// numberTrailer pins the number of a patch in its message.
const numberTrailer = "Patch"

// Extract returns the series that the commits of an edit repository make.
// Where a commit is what a patch of old already says, that patch's bytes are
// kept, so that a diff of patches/ shows real changes only.
func Extract(dir string, old Series) (Series, error) {
	if _, err := git(dir, nil, "rev-parse", "-q", "--verify", BaseTag+"^{commit}"); err != nil {
		return nil, fmt.Errorf("%s has no tag %s; make the repository with 'ziobuild patch edit DIR'", dir, BaseTag)
	}
	if err := clean(dir); err != nil {
		return nil, err
	}
	out, err := git(dir, nil, "rev-list", "--reverse", "--topo-order", "--parents", BaseTag+"..HEAD")
	if err != nil {
		return nil, err
	}
	lines := strings.Fields(strings.ReplaceAll(strings.TrimSpace(out), " ", "/"))
	if len(lines) == 0 {
		return nil, fmt.Errorf("%s has no commit after %s; extracting it would delete every patch", dir, BaseTag)
	}
	var s Series
	last := 0
	for _, l := range lines {
		ids := strings.Split(l, "/")
		if len(ids) != 2 {
			return nil, fmt.Errorf("%s: commit %s is a merge; rebase it (git rebase %s)", dir, ids[0][:12], BaseTag)
		}
		p, err := extractOne(dir, ids[0], ids[1], last)
		if err != nil {
			return nil, err
		}
		last = p.Number
		for _, o := range old {
			if o.Name == p.Name && o.same(p) {
				p = o
			}
		}
		s = append(s, p)
	}
	return s, nil
}

// clean refuses changes that are not in a commit: they would be lost silently.
func clean(dir string) error {
	out, err := git(dir, nil, "status", "--porcelain", "--untracked-files=normal")
	if err != nil {
		return err
	}
	for line := range strings.Lines(out) {
		state, name := line[:2], strings.TrimSpace(line[2:])
		if state == "??" {
			return fmt.Errorf("%s: %s is not in any commit; a new file belongs into src/ of the checkout (or into .git/info/exclude)", dir, name)
		}
		return fmt.Errorf("%s: %s has changes that are not committed; commit them first (git commit --fixup and git rebase -i --autosquash %s put them into an existing patch)", dir, name, BaseTag)
	}
	return nil
}

// extractOne makes the patch of one commit.
func extractOne(dir, id, parent string, last int) (*Patch, error) {
	msg, err := git(dir, nil, "log", "-1", "--format=%B", id)
	if err != nil {
		return nil, err
	}
	subject, body, _ := strings.Cut(strings.TrimSpace(msg), "\n")
	body = strings.TrimSpace(body)
	where := fmt.Sprintf("%s: commit %s (%s)", dir, id[:12], subject)
	if len(strings.Split(subject, "\n")) != 1 || !isASCII(subject) {
		return nil, fmt.Errorf("%s: the subject must be one line of ASCII", where)
	}

	raw, err := git(dir, nil, "diff-tree", "-r", "--raw", "--no-renames", "--no-abbrev", parent, id)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(raw) {
		f := strings.Fields(line) // :oldmode newmode oldhash newhash status path
		if len(f) < 6 {
			return nil, fmt.Errorf("%s: cannot read %q", where, line)
		}
		switch status, path := f[4], f[5]; {
		case status == "A":
			return nil, fmt.Errorf("%s adds %s: patches only modify; move the file to src/ of the checkout", where, path)
		case status == "D":
			return nil, fmt.Errorf("%s deletes %s: patches only modify; guard the file with a build tag instead", where, path)
		case status != "M" || f[0] != ":"+f[1]:
			return nil, fmt.Errorf("%s: %s: change %s (%s to %s) is not a plain modification", where, path, status, f[0], f[1])
		}
	}

	number := last + 1
	if i, ok := trailerNumber(body); ok {
		number = i
	} else {
		body = addTrailer(body, fmt.Sprintf("%s: %04d", numberTrailer, number))
	}
	if number <= last {
		return nil, fmt.Errorf("%s: its number %04d does not follow %04d; change the line \"%s:\" or reorder the commits", where, number, last, numberTrailer)
	}

	diff, err := git(dir, nil, "-c", "core.quotePath=false", "diff-tree", "-p", "--full-index", "--no-renames", "-U2", "--inter-hunk-context=0",
		"--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/",
		"--diff-algorithm=histogram", "--indent-heuristic", parent, id)
	if err != nil {
		return nil, err
	}
	diff = plainHeaders(diff)
	text := fmt.Sprintf("From %s Mon Sep 17 00:00:00 2001\nFrom: %s\nDate: %s\nSubject: [PATCH] %s\n\n%s\n---\n\n%s",
		zeroHash, author, authorDate, subject, body, diff)
	p, err := Parse(fmt.Sprintf("%04d-%s.patch", number, slug(subject)), []byte(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return p, nil
}

// plainHeaders removes what git puts behind the second @@ of a hunk header in
// files that are not source code: some line above the hunk, which says nothing.
func plainHeaders(diff string) string {
	var b strings.Builder
	code := true
	for line := range strings.Lines(diff) {
		if m := gitRE.FindStringSubmatch(strings.TrimSuffix(line, "\n")); m != nil {
			switch filepath.Ext(m[1]) {
			case ".go", ".s", ".c", ".h":
				code = true
			default:
				code = false
			}
		}
		if h := hunkRE.FindString(line); h != "" && !code {
			line = h + "\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

// same reports whether two patches say the same thing.
func (p *Patch) same(q *Patch) bool {
	if p.Subject != q.Subject || p.Body != q.Body || len(p.Files) != len(q.Files) {
		return false
	}
	for i, f := range p.Files {
		g := q.Files[i]
		if f.Path != g.Path || f.OldHash != g.OldHash || f.NewHash != g.NewHash {
			return false
		}
	}
	return true
}

// Write makes the patches in dir those of s. It returns one line per file that
// it wrote or removed.
func (s Series) Write(dir string) (log []string, err error) {
	keep := make(map[string]bool)
	for _, p := range s {
		keep[p.Name] = true
		name := filepath.Join(dir, p.Name)
		if old, err := os.ReadFile(name); err == nil && string(old) == string(p.Raw) {
			continue
		}
		if err := os.WriteFile(name, p.Raw, 0o644); err != nil {
			return log, err
		}
		log = append(log, "wrote "+p.Name)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.patch"))
	if err != nil {
		return log, err
	}
	for _, name := range names {
		if !keep[filepath.Base(name)] {
			if err := os.Remove(name); err != nil {
				return log, err
			}
			log = append(log, "removed "+filepath.Base(name))
		}
	}
	return log, nil
}

func trailerNumber(body string) (int, bool) {
	p := &Patch{Body: body}
	for _, v := range p.Trailers(numberTrailer) {
		if n, err := strconv.Atoi(v); err == nil && n > 0 && n < 10000 {
			return n, true
		}
	}
	return 0, false
}

var trailerRE = regexp.MustCompile(`^[A-Z][A-Za-z-]*: `)

// addTrailer adds a trailer line to the last paragraph if that consists of
// trailers, else in a paragraph of its own.
func addTrailer(body, line string) string {
	if body == "" {
		return line
	}
	paras := strings.Split(body, "\n\n")
	for l := range strings.Lines(paras[len(paras)-1]) {
		if !trailerRE.MatchString(l) {
			return body + "\n\n" + line
		}
	}
	return body + "\n" + line
}

var slugRE = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a file name part of a subject.
func slug(subject string) string {
	s := strings.Trim(slugRE.ReplaceAllString(strings.ToLower(subject), "-"), "-")
	if len(s) > 52 {
		s = strings.TrimRight(s[:52], "-")
	}
	if s == "" {
		s = "patch"
	}
	return s
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
