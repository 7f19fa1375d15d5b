package patchset

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// onDisk lays a toy release out as the files of an edit repository.
func onDisk(t *testing.T, release fstest.MapFS) (files []EditFile) {
	t.Helper()
	dir := t.TempDir()
	fs.WalkDir(release, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src := filepath.Join(dir, filepath.FromSlash(name))
		if err := writeNew(src, release[name].Data, false); err != nil {
			t.Fatal(err)
		}
		files = append(files, EditFile{Path: name, Src: src})
		return nil
	})
	return files
}

// TestRebaseRepo moves a series of three: one whose file is unchanged, one that
// merges with what upstream did, and one that upstream has taken over.
func TestRebaseRepo(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git")
	}
	edit, commit := editRepo(t, nil)
	commit(message("runtime: call zio", "0010"), map[string]string{"src/runtime/proc.go": proc1})
	commit(message("runtime: reap in netpoll", "0011"), map[string]string{"src/runtime/net.go": net1})
	commit(message("cmd/go: know zio", "0012"), map[string]string{"src/cmd/go/main.go": "package main\n\nfunc main() {\n\tzio()\n}\n"})
	s, err := Extract(edit, nil)
	if err != nil {
		t.Fatal(err)
	}
	next := func(change map[string]string) fstest.MapFS {
		m := fstest.MapFS{}
		for name, f := range base {
			m[name] = f
		}
		for name, data := range change {
			m[name] = &fstest.MapFile{Data: []byte(data)}
		}
		return m
	}
	repo := func(to fstest.MapFS) *RebaseRepo {
		r := &RebaseRepo{Dir: filepath.Join(t.TempDir(), "repo"), From: "go1", To: "go2", Key: "k"}
		if ok, err := r.Exists(); ok || err != nil {
			t.Fatal(ok, err)
		}
		if err := r.Create(s, base, onDisk(t, base), onDisk(t, to)); err != nil {
			t.Fatal(err)
		}
		if ok, err := r.Exists(); !ok || err != nil {
			t.Fatal(ok, err)
		}
		return r
	}

	to := next(map[string]string{
		"src/runtime/net.go": "// New.\npackage runtime\n\nfunc netpoll() {\n}\n",
		"src/cmd/go/main.go": "package main\n\nfunc main() {\n\tzio()\n}\n",
	})
	r := repo(to)
	if err := r.Pick(); err != nil {
		t.Fatal(err)
	}
	now, err := Extract(r.Dir, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := now.Apply(NewTree(to)); err != nil {
		t.Error(err)
	}
	got := strings.Join(Outcome(s, now), "\n")
	want := "0010 runtime: call zio: unchanged\n0011 runtime: reap in netpoll: same change, the file around it moved\n0012 cmd/go: know zio: dropped"
	if got != want {
		t.Errorf("outcome:\n%s\nwant:\n%s", got, want)
	}

	// A conflict, solved with a plain commit in place of --continue: what
	// comes after it is picked all the same.
	to = next(map[string]string{"src/runtime/proc.go": "package runtime\n\nfunc schedule() {\n\tupstream()\n}\n"})
	r = repo(to)
	var ce *ConflictError
	if err := r.Pick(); !errors.As(err, &ce) || len(ce.Files) != 1 || ce.Files[0] != "src/runtime/proc.go" {
		t.Fatalf("pick: %v", err)
	}
	if err := r.Pick(); !errors.As(err, &ce) {
		t.Fatalf("once more: %v", err)
	}
	if err := os.WriteFile(filepath.Join(r.Dir, "src/runtime/proc.go"), []byte("package runtime\n\nfunc schedule() {\n\tupstream()\n\tzio()\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := git(r.Dir, nil, "commit", "-q", "-a", "--no-edit"); err != nil {
		t.Fatal(err)
	}
	if err := r.Pick(); err != nil {
		t.Fatal(err)
	}
	now, err = Extract(r.Dir, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := now.Apply(NewTree(to)); err != nil || len(now) != 3 {
		t.Errorf("%d patches, %v", len(now), err)
	}

	// What was begun for another series is not gone on with.
	other := *r
	other.Key = "k2"
	if _, err := other.Exists(); err == nil || !strings.Contains(err.Error(), "remove it and start again") {
		t.Error(err)
	}
}
