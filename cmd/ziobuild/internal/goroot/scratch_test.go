package goroot

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/zio-go/zio/cmd/ziobuild/internal/base"
)

// TestScratch: files come and go, and the base release is never written to.
func TestScratch(t *testing.T) {
	dir := t.TempDir()
	tree := &base.Tree{Dir: dir}
	for _, name := range []string{"a.go", "b.go"} {
		src := filepath.Join(dir, name)
		if err := os.WriteFile(src, []byte("base "+name), 0o444); err != nil {
			t.Fatal(err)
		}
		tree.Files = append(tree.Files, base.File{Path: "src/" + name, Src: src})
	}
	s, err := NewScratch(t.TempDir(), tree)
	if err != nil {
		t.Fatal(err)
	}
	for i, tt := range []struct{ files, want map[string]string }{
		{nil, map[string]string{"src/a.go": "base a.go", "src/b.go": "base b.go", "src/new.go": ""}},
		{map[string]string{"src/a.go": "1", "src/new.go": "2"}, map[string]string{"src/a.go": "1", "src/b.go": "base b.go", "src/new.go": "2"}},
		{map[string]string{"src/b.go": "3"}, map[string]string{"src/a.go": "base a.go", "src/b.go": "3", "src/new.go": ""}},
	} {
		files := make(map[string][]byte)
		for name, data := range tt.files {
			files[name] = []byte(data)
		}
		if err := s.Lay(files); err != nil {
			t.Fatal(err)
		}
		for name, want := range tt.want {
			got, _ := os.ReadFile(filepath.Join(s.pl.root, name))
			if string(got) != want {
				t.Errorf("%d: %s is %q, want %q", i, name, got, want)
			}
		}
		for _, f := range tree.Files {
			if got, _ := os.ReadFile(f.Src); string(got) != "base "+filepath.Base(f.Src) {
				t.Errorf("%d: the base file %s is now %q", i, f.Src, got)
			}
		}
	}
}
