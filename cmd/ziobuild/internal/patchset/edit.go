package patchset

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// An EditFile is one file of the base release.
type EditFile struct {
	Path string
	Src  string // name on disk
	Exec bool
}

// Edit makes dir a git repository whose first commit, tagged [BaseTag], is the
// base release and which has a commit for each patch. The folder is a GOROOT:
// binaries are in it but not tracked, and ignored names the files that the
// caller adds.
//
// All files are copies. A hard link would let an editor that writes in place
// change the module cache.
func Edit(dir string, base fs.FS, files []EditFile, s Series, ignored []string) error {
	if ents, err := os.ReadDir(dir); err == nil && len(ents) > 0 {
		return fmt.Errorf("%s is not empty; name a new folder", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if _, err := git(dir, nil, "init", "-q", "--initial-branch=zio"); err != nil {
		return err
	}
	for _, kv := range [][2]string{
		{"user.name", "zio"}, {"user.email", "zio@localhost"}, {"core.autocrlf", "false"}, {"core.fileMode", "false"},
		{"core.compression", "0"}, {"gc.auto", "0"}, {"commit.gpgSign", "false"}, {"core.safecrlf", "false"},
	} {
		if _, err := git(dir, nil, "config", kv[0], kv[1]); err != nil {
			return err
		}
	}
	exclude := "# What 'ziobuild patch edit' put here and patches do not hold.\n/bin/\n/pkg/\n/zio.*\n*.test\n*.prof\n"
	for _, name := range ignored {
		exclude += "/" + name + "\n"
	}
	if err := os.WriteFile(filepath.Join(dir, ".git", "info", "exclude"), []byte(exclude), 0o644); err != nil {
		return err
	}

	tree := NewTree(base)
	var stream bytes.Buffer
	w := bufio.NewWriterSize(&stream, 1<<20)
	commit(w, "base release", "")
	for _, f := range files {
		data, err := os.ReadFile(f.Src)
		if err != nil {
			return err
		}
		if tracked(f.Path) {
			blob(w, f.Path, f.Exec, data)
		}
		if err := writeNew(filepath.Join(dir, filepath.FromSlash(f.Path)), data, f.Exec); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "reset refs/tags/%s\nfrom refs/heads/zio\n\n", BaseTag)
	for _, p := range s {
		if err := tree.Apply(p); err != nil {
			return err
		}
		commit(w, p.Subject, p.Body)
		for _, f := range p.Files {
			data, err := tree.Read(f.Path)
			if err != nil {
				return err
			}
			if !tracked(f.Path) {
				return fmt.Errorf("patch %s touches %s, which is not a source file", p.Name, f.Path)
			}
			blob(w, f.Path, false, data)
			if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(f.Path)), data, 0o644); err != nil {
				return err
			}
		}
	}
	w.Flush()
	if _, err := git(dir, stream.Bytes(), "fast-import", "--quiet", "--depth=0"); err != nil {
		return err
	}
	if _, err := git(dir, nil, "read-tree", "HEAD"); err != nil {
		return err
	}
	_, err := git(dir, nil, "update-index", "-q", "--refresh")
	return err
}

// tracked says which files of a GOROOT the repository holds.
func tracked(path string) bool {
	return !strings.HasPrefix(path, "bin/") && !strings.HasPrefix(path, "pkg/")
}

func commit(w io.Writer, subject, body string) {
	msg := subject + "\n"
	if body != "" {
		msg += "\n" + body + "\n"
	}
	fmt.Fprintf(w, "commit refs/heads/zio\nauthor %s %s\ncommitter %s %s\ndata %d\n%s\n", author, authorUnix, author, authorUnix, len(msg), msg)
}

func blob(w io.Writer, path string, exec bool, data []byte) {
	mode := "100644"
	if exec {
		mode = "100755"
	}
	fmt.Fprintf(w, "M %s inline %s\ndata %d\n", mode, path, len(data))
	w.Write(data)
	io.WriteString(w, "\n")
}

func writeNew(name string, data []byte, exec bool) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	perm := os.FileMode(0o644)
	if exec {
		perm = 0o755
	}
	return os.WriteFile(name, data, perm)
}
