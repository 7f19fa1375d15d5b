package patchset

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// OldBaseTag marks the release that a rebase comes from.
const OldBaseTag = "zio-old-base"

// oldBranch holds the series on the old release.
const oldBranch = "old"

// A RebaseRepo is a git repository in which a series moves from one release to
// another: the branch old has the series on the old release, a commit per patch,
// and the branch zio begins with the new release, tagged [BaseTag], and gets
// the commits picked onto it. It is an edit repository of the new release.
type RebaseRepo struct {
	Dir      string
	From, To string // releases
	Key      string // of what is moved; a repository that was made from something else is refused
}

const (
	stateFile  = "zio-rebase" // what the repository was made for
	pickedFile = "zio-picked" // is there once picking has begun
)

func (r *RebaseRepo) state() string { return r.From + " " + r.To + " " + r.Key + "\n" }

// Exists reports whether the repository is there from a run before this one.
func (r *RebaseRepo) Exists() (bool, error) {
	data, err := os.ReadFile(filepath.Join(r.Dir, ".git", stateFile))
	if err != nil {
		if _, err := os.Stat(r.Dir); err == nil {
			return false, fmt.Errorf("%s is what an interrupted rebase left; remove it and start again", r.Dir)
		}
		return false, nil
	}
	if string(data) != r.state() {
		return false, fmt.Errorf("%s is a rebase of another series or release (%s); remove it and start again", r.Dir, strings.TrimSpace(string(data)))
	}
	return true, nil
}

// Create makes the repository and checks the new release out.
func (r *RebaseRepo) Create(s Series, old fs.FS, oldFiles, newFiles []EditFile) error {
	if err := initRepo(r.Dir, nil); err != nil {
		return err
	}
	var stream bytes.Buffer
	w := bufio.NewWriterSize(&stream, 1<<20)
	none := func(EditFile, []byte) error { return nil }
	if err := writeBase(w, oldBranch, OldBaseTag, oldFiles, none); err != nil {
		return err
	}
	if err := writeSeries(w, oldBranch, NewTree(old), s, func(string, []byte) error { return nil }); err != nil {
		return err
	}
	if err := writeBase(w, "zio", BaseTag, newFiles, none); err != nil {
		return err
	}
	w.Flush()
	if _, err := git(r.Dir, stream.Bytes(), "fast-import", "--quiet", "--depth=0"); err != nil {
		return err
	}
	if _, err := git(r.Dir, nil, "checkout", "-q", "-f", "zio"); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.Dir, ".git", stateFile), []byte(r.state()), 0o644)
}

// A ConflictError is a patch that does not merge.
type ConflictError struct {
	Dir     string
	Subject string
	Files   []string // unmerged
}

// Error says what to type next.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("conflict in %q: %s\n"+
		"\tsolve it in that repository:  cd %s\n"+
		"\tedit the files, then:         git add -A && git cherry-pick --continue\n"+
		"\tor, to drop the patch:        git cherry-pick --skip\n"+
		"\tand when git is through, run this command once more",
		e.Subject, strings.Join(e.Files, ", "), e.Dir)
}

// Pick picks the series onto the new release, or goes on with what a conflict
// stopped. A patch that changes nothing any more is left out.
func (r *RebaseRepo) Pick() error {
	if !r.picking() {
		if r.has(pickedFile) {
			return nil // by hand, to the end
		}
		if err := os.WriteFile(filepath.Join(r.Dir, ".git", pickedFile), nil, 0o644); err != nil {
			return err
		}
		_, err := git(r.Dir, nil, "-c", "core.editor=true", "cherry-pick", "-X", "diff-algorithm=histogram", OldBaseTag+".."+oldBranch)
		if err == nil {
			return nil
		}
		if !r.picking() {
			return err
		}
	}
	for {
		out, err := git(r.Dir, nil, "diff", "--name-only", "--diff-filter=U")
		if err != nil {
			return err
		}
		if files := strings.Fields(out); len(files) > 0 {
			subject, err := git(r.Dir, nil, "log", "-1", "--format=%s", "CHERRY_PICK_HEAD")
			if err != nil {
				return err
			}
			return &ConflictError{r.Dir, strings.TrimSpace(subject), files}
		}
		// Nothing is unmerged: solved but not committed, or nothing left.
		step := "--continue"
		if out, err = git(r.Dir, nil, "diff", "--cached", "--name-only"); err != nil {
			return err
		} else if strings.TrimSpace(out) == "" && r.has("CHERRY_PICK_HEAD") {
			step = "--skip"
		}
		_, err = git(r.Dir, nil, "-c", "core.editor=true", "cherry-pick", step)
		if err == nil {
			return nil
		}
		if !r.picking() {
			return err
		}
	}
}

// picking reports whether a cherry-pick stopped half-way. The sequencer is there
// without a pick after a conflict was solved by a plain commit.
func (r *RebaseRepo) picking() bool { return r.has("CHERRY_PICK_HEAD") || r.has("sequencer") }

func (r *RebaseRepo) has(name string) bool {
	_, err := os.Stat(filepath.Join(r.Dir, ".git", name))
	return err == nil
}

// Outcome describes what a rebase made of each patch of old, a line each.
func Outcome(old, now Series) (lines []string) {
	for _, p := range old {
		what := "dropped"
		for _, q := range now {
			if q.Number != p.Number {
				continue
			}
			what = "merged"
			switch {
			case string(p.Raw) == string(q.Raw):
				what = "unchanged"
			case string(p.hunkLines()) == string(q.hunkLines()):
				what = "same change, the file around it moved"
			}
		}
		lines = append(lines, fmt.Sprintf("%04d %s: %s", p.Number, p.Subject, what))
	}
	return lines
}

// hunkLines is what the patch removes and adds.
func (p *Patch) hunkLines() []byte {
	var b bytes.Buffer
	for _, f := range p.Files {
		fmt.Fprintln(&b, f.Path)
		for _, h := range f.Hunks {
			for _, l := range h.Lines {
				if l.Op != ' ' {
					fmt.Fprintf(&b, "%c%s", l.Op, l.Text)
				}
			}
		}
	}
	return b.Bytes()
}
