package patchset

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// base is a toy release.
var base = fstest.MapFS{
	"VERSION":             {Data: []byte("go1.2.3\n")},
	"src/runtime/proc.go": {Data: []byte("package runtime\n\nfunc schedule() {\n}\n")},
	"src/runtime/net.go":  {Data: []byte("package runtime\n\nfunc netpoll() {\n}\n")},
	"src/cmd/go/main.go":  {Data: []byte("package main\n\nfunc main() {\n}\n")},
	"bin/go":              {Data: []byte("binary"), Mode: 0o755},
}

// editRepo makes an edit repository of base and a function that commits
// changes to it.
func editRepo(t *testing.T, s Series) (dir string, commit func(msg string, edits map[string]string)) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git")
	}
	disk := t.TempDir()
	var files []EditFile
	for name, f := range base {
		src := filepath.Join(disk, filepath.FromSlash(name))
		if err := writeNew(src, f.Data, f.Mode != 0); err != nil {
			t.Fatal(err)
		}
		files = append(files, EditFile{Path: name, Src: src, Exec: f.Mode != 0})
	}
	slices.SortFunc(files, func(a, b EditFile) int { return strings.Compare(a.Path, b.Path) })
	dir = filepath.Join(t.TempDir(), "edit")
	if err := Edit(dir, base, files, s, []string{"src/runtime/zio.go"}); err != nil {
		t.Fatal(err)
	}
	return dir, func(msg string, edits map[string]string) {
		t.Helper()
		for name, data := range edits {
			file := filepath.Join(dir, filepath.FromSlash(name))
			if data == "" {
				os.Remove(file)
			} else if err := writeNew(file, []byte(data), false); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := git(dir, nil, "add", "-A"); err != nil {
			t.Fatal(err)
		}
		if _, err := git(dir, nil, "commit", "-q", "-m", msg); err != nil {
			t.Fatal(err)
		}
	}
}

const (
	proc1 = "package runtime\n\nfunc schedule() {\n\tzio()\n}\n"
	proc2 = "package runtime\n\nfunc schedule() {\n\tzio()\n\tzio()\n}\n"
	net1  = "package runtime\n\nfunc netpoll() {\n\tzioReap()\n}\n"
)

// message is one that Verify accepts.
func message(subject, number string) string {
	m := subject + "\n\nUpstream does one thing here and this makes it do another thing, unless\nzio is off, when nothing changes.\n\nDrop-When: never"
	if number != "" {
		m += "\nPatch: " + number
	}
	return m
}

// TestRoundTrip extracts commits, verifies the result, makes an edit repository
// from it, and extracts that: not a byte may change.
func TestRoundTrip(t *testing.T) {
	dir, commit := editRepo(t, nil)
	commit(message("runtime: call zio", ""), map[string]string{"src/runtime/proc.go": proc1})
	commit(message("runtime: reap in netpoll, twice!", "0110"), map[string]string{"src/runtime/net.go": net1, "src/runtime/proc.go": proc2})
	s, err := Extract(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range s {
		names = append(names, p.Name)
	}
	if want := []string{"0001-runtime-call-zio.patch", "0110-runtime-reap-in-netpoll-twice.patch"}; !slices.Equal(names, want) {
		t.Fatalf("names %q, want %q", names, want)
	}
	readme := ledgerBegin + "\n" + s.Ledger() + ledgerEnd
	if r := Verify(base, s, nil, readme); len(r.Problems)+len(r.Warnings) > 0 {
		t.Fatalf("verify: %q %q", r.Problems, r.Warnings)
	}

	out := t.TempDir()
	if err := os.WriteFile(filepath.Join(out, "0050-gone.patch"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	log, err := s.Write(out)
	if err != nil || len(log) != 3 {
		t.Fatalf("write: %q, %v", log, err)
	}
	loaded, err := Load(os.DirFS(out))
	if err != nil {
		t.Fatal(err)
	}
	dir2, _ := editRepo(t, loaded)
	again, err := Extract(dir2, loaded)
	if err != nil {
		t.Fatal(err)
	}
	if log, err := again.Write(out); err != nil || len(log) != 0 {
		t.Errorf("the second extraction changed files: %q, %v", log, err)
	}
	fresh, err := Extract(dir2, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range fresh {
		if string(p.Raw) != string(loaded[i].Raw) {
			t.Errorf("%s differs after a round trip:\n%s\n%s", p.Name, p.Raw, loaded[i].Raw)
		}
	}
}

func TestExtractRefuses(t *testing.T) {
	tests := []struct {
		name  string
		edit  func(t *testing.T, dir string, commit func(string, map[string]string))
		error string
	}{
		{"no commits", func(*testing.T, string, func(string, map[string]string)) {}, "would delete every patch"},
		{"added file", func(t *testing.T, dir string, commit func(string, map[string]string)) {
			commit(message("runtime: add", ""), map[string]string{"src/runtime/new.go": "package runtime\n"})
		}, "move the file to src/"},
		{"deleted file", func(t *testing.T, dir string, commit func(string, map[string]string)) {
			commit(message("runtime: delete", ""), map[string]string{"src/runtime/net.go": ""})
		}, "deletes src/runtime/net.go"},
		{"untracked file", func(t *testing.T, dir string, commit func(string, map[string]string)) {
			commit(message("runtime: call zio", ""), map[string]string{"src/runtime/proc.go": proc1})
			writeNew(filepath.Join(dir, "src/runtime/new.go"), []byte("package runtime\n"), false)
		}, "src/runtime/new.go is not in any commit"},
		{"uncommitted change", func(t *testing.T, dir string, commit func(string, map[string]string)) {
			commit(message("runtime: call zio", ""), map[string]string{"src/runtime/proc.go": proc1})
			writeNew(filepath.Join(dir, "src/runtime/proc.go"), []byte(proc2), false)
		}, "not committed"},
		{"numbers go down", func(t *testing.T, dir string, commit func(string, map[string]string)) {
			commit(message("runtime: call zio", "0020"), map[string]string{"src/runtime/proc.go": proc1})
			commit(message("runtime: reap", "0010"), map[string]string{"src/runtime/net.go": net1})
		}, "0010 does not follow 0020"},
		{"empty commit", func(t *testing.T, dir string, commit func(string, map[string]string)) {
			if _, err := git(dir, nil, "commit", "-q", "--allow-empty", "-m", "runtime: nothing"); err != nil {
				t.Fatal(err)
			}
		}, "changes no file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, commit := editRepo(t, nil)
			tt.edit(t, dir, commit)
			_, err := Extract(dir, nil)
			if err == nil || !strings.Contains(err.Error(), tt.error) {
				t.Errorf("got %v, want %q", err, tt.error)
			}
		})
	}
	// The ignored new file of the checkout is no reason to refuse.
	dir, commit := editRepo(t, nil)
	writeNew(filepath.Join(dir, "src/runtime/zio.go"), []byte("package runtime\n"), false)
	commit(message("runtime: call zio", ""), map[string]string{"src/runtime/proc.go": proc1})
	if s, err := Extract(dir, nil); err != nil || len(s[0].Files) != 1 {
		t.Errorf("with an ignored file: %v", err)
	}
}

// TestVerifyFinds breaks a good series in each way that Verify knows.
func TestVerifyFinds(t *testing.T) {
	dir, commit := editRepo(t, nil)
	commit(message("runtime: call zio", "")+"\nFiles-New: src/runtime/zio.go", map[string]string{"src/runtime/proc.go": proc1})
	good, err := Extract(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw := string(good[0].Raw)
	overlay := map[string][]byte{"src/runtime/zio.go": []byte("package runtime\n")}
	readme := ledgerBegin + "\n" + good.Ledger() + ledgerEnd
	tests := []struct {
		name, patch, readme string
		overlay             map[string][]byte
		want                string
	}{
		{"good", raw, readme, overlay, ""},
		{"subject", strings.Replace(raw, "runtime: call zio", "Runtime: Call zio.", 1), readme, overlay, "the subject must read"},
		{"number", strings.Replace(raw, "Patch: 0001", "Patch: 0002", 1), readme, overlay, `needs the line "Patch: 0001"`},
		{"drop", strings.Replace(raw, "Drop-When: never\n", "", 1), readme, overlay, "Drop-When"},
		{"files", raw, readme, nil, "matches no file under src/"},
		{"no ledger", raw, "", overlay, "has no ledger"},
		{"missing row", raw, strings.Replace(readme, "| `src/runtime/proc.go` | 0001 |\n", "", 1), overlay, "no row for src/runtime/proc.go"},
		{"stale row", raw, strings.Replace(readme, "|---|---|\n", "|---|---|\n| `src/os/file.go` | 0001 |\n", 1), overlay, "which no patch touches"},
		{"not new", raw, readme, map[string][]byte{"src/runtime/zio.go": []byte("package runtime\n"), "src/runtime/net.go": []byte("package runtime\n")}, "must be new"},
		{"gofmt", raw, readme, map[string][]byte{"src/runtime/zio.go": []byte("package  runtime\n")}, "not gofmt clean"},
		{"text", strings.Replace(raw, "+\tzio()", "+\tZIO()", 1), readme, overlay, "not what the patch promises"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Parse(good[0].Name, []byte(tt.patch))
			if err != nil {
				t.Fatal(err)
			}
			r := Verify(base, Series{p}, tt.overlay, tt.readme)
			if tt.want == "" {
				if len(r.Problems) > 0 {
					t.Errorf("problems: %q", r.Problems)
				}
				return
			}
			if !slices.ContainsFunc(r.Problems, func(s string) bool { return strings.Contains(s, tt.want) }) {
				t.Errorf("problems %q do not say %q", r.Problems, tt.want)
			}
		})
	}
}

func TestCommands(t *testing.T) {
	s := Series{
		{Name: "0001-a.patch", Body: "Rebuild: cmd/go", Files: []FileDiff{{Path: "src/internal/buildcfg/cfg.go"}}},
		{Name: "0002-b.patch", Files: []FileDiff{{Path: "src/cmd/link/main.go"}, {Path: "src/cmd/go/main_test.go"}, {Path: "src/cmd/api/testdata/a.txt"}}},
		{Name: "0003-c.patch", Files: []FileDiff{{Path: "src/runtime/proc.go"}}},
	}
	cmds, files := s.Commands()
	if want := []string{"cmd/go", "cmd/link"}; !slices.Equal(cmds, want) {
		t.Errorf("commands %q, want %q", cmds, want)
	}
	if want := []string{"src/cmd/api/testdata/a.txt", "src/cmd/go/main_test.go", "src/cmd/link/main.go", "src/internal/buildcfg/cfg.go"}; !slices.Equal(files, want) {
		t.Errorf("files %q, want %q", files, want)
	}
}

// TestPrefixFiles: a new file is there from the patch that names it on.
func TestPrefixFiles(t *testing.T) {
	dir, commit := editRepo(t, nil)
	commit(message("runtime: call zio", ""), map[string]string{"src/runtime/proc.go": proc1})
	commit(message("runtime: reap", "")+"\nFiles-New: src/runtime/zio_*.go", map[string]string{"src/runtime/net.go": net1})
	commit(message("runtime: call zio again", ""), map[string]string{"src/runtime/proc.go": proc2})
	s, err := Extract(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	overlay := map[string][]byte{"src/runtime/zio_linux.go": nil, "src/zio/zio.go": nil}
	for n, want := range [][]string{
		{},
		{"src/runtime/proc.go"},
		{"src/runtime/net.go", "src/runtime/proc.go", "src/runtime/zio_linux.go"},
		{"src/runtime/net.go", "src/runtime/proc.go", "src/runtime/zio_linux.go", "src/zio/zio.go"},
	} {
		files, err := s.PrefixFiles(base, n, overlay)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for name := range files {
			got = append(got, name)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("after %d patches: %q, want %q", n, got, want)
		}
	}
}

func TestLoadSameNumber(t *testing.T) {
	patch := []byte(testHeader + "diff --git a/f b/f\nindex " + BlobHash([]byte("a\n")) + ".." + BlobHash([]byte("b\n")) + "\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n")
	_, err := Load(fstest.MapFS{"0001-a.patch": {Data: patch}, "0001-b.patch": {Data: patch}})
	if err == nil || !strings.Contains(err.Error(), "same number") {
		t.Error(err)
	}
}
