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
	exclude := []string{"/zio.*", "*.test", "*.prof"}
	for _, name := range ignored {
		exclude = append(exclude, "/"+name)
	}
	if err := initRepo(dir, exclude); err != nil {
		return err
	}
	tree := NewTree(base)
	var stream bytes.Buffer
	w := bufio.NewWriterSize(&stream, 1<<20)
	err := writeBase(w, "zio", BaseTag, files, func(f EditFile, data []byte) error {
		return writeNew(filepath.Join(dir, filepath.FromSlash(f.Path)), data, f.Exec)
	})
	if err != nil {
		return err
	}
	err = writeSeries(w, "zio", tree, s, func(path string, data []byte) error {
		return os.WriteFile(filepath.Join(dir, filepath.FromSlash(path)), data, 0o644)
	})
	if err != nil {
		return err
	}
	w.Flush()
	if _, err := git(dir, stream.Bytes(), "fast-import", "--quiet", "--depth=0"); err != nil {
		return err
	}
	if _, err := git(dir, nil, "read-tree", "HEAD"); err != nil {
		return err
	}
	_, err = git(dir, nil, "update-index", "-q", "--refresh")
	return err
}

// initRepo makes dir, which must be empty, a git repository that does not track
// binaries and the patterns in exclude.
func initRepo(dir string, exclude []string) error {
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
		{"merge.conflictStyle", "diff3"}, {"advice.mergeConflict", "false"},
	} {
		if _, err := git(dir, nil, "config", kv[0], kv[1]); err != nil {
			return err
		}
	}
	text := "# What ziobuild put here and patches do not hold.\n/bin/\n/pkg/\n" + strings.Join(exclude, "\n") + "\n"
	return os.WriteFile(filepath.Join(dir, ".git", "info", "exclude"), []byte(text), 0o644)
}

// writeBase writes a commit that has no parent, holds the files of a release and
// has a tag, for git fast-import. Each file is also given to put.
func writeBase(w io.Writer, branch, tag string, files []EditFile, put func(EditFile, []byte) error) error {
	commit(w, branch, "base release", "")
	for _, f := range files {
		data, err := os.ReadFile(f.Src)
		if err != nil {
			return err
		}
		if tracked(f.Path) {
			blob(w, f.Path, f.Exec, data)
		}
		if err := put(f, data); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "reset refs/tags/%s\nfrom refs/heads/%s\n\n", tag, branch)
	return nil
}

// writeSeries writes a commit for each patch behind what the branch has. Each
// result is also given to put.
func writeSeries(w io.Writer, branch string, tree *Tree, s Series, put func(path string, data []byte) error) error {
	for _, p := range s {
		if err := tree.Apply(p); err != nil {
			return err
		}
		commit(w, branch, p.Subject, p.Body)
		for _, f := range p.Files {
			data, err := tree.Read(f.Path)
			if err != nil {
				return err
			}
			if !tracked(f.Path) {
				return fmt.Errorf("patch %s touches %s, which is not a source file", p.Name, f.Path)
			}
			blob(w, f.Path, false, data)
			if err := put(f.Path, data); err != nil {
				return err
			}
		}
	}
	return nil
}

// tracked says which files of a GOROOT the repository holds.
func tracked(path string) bool {
	return !strings.HasPrefix(path, "bin/") && !strings.HasPrefix(path, "pkg/")
}

func commit(w io.Writer, branch, subject, body string) {
	msg := subject + "\n"
	if body != "" {
		msg += "\n" + body + "\n"
	}
	fmt.Fprintf(w, "commit refs/heads/%s\nauthor %s %s\ncommitter %s %s\ndata %d\n%s\n", branch, author, authorUnix, author, authorUnix, len(msg), msg)
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
