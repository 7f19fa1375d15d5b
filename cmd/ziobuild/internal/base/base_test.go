package base

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestParsePin(t *testing.T) {
	p, err := ParsePin([]byte("# comment\nrelease go1.2.3\nhash linux-amd64 h1:abc=\n\n"))
	if err != nil {
		t.Fatal(err)
	}
	if p.Module("linux-amd64") != "golang.org/toolchain@v0.0.1-go1.2.3.linux-amd64" {
		t.Error(p.Module("linux-amd64"))
	}
	if _, err := p.Hash("plan9-386"); err == nil || !strings.Contains(err.Error(), "ziobuild patch pin") {
		t.Errorf("unknown platform: %v", err)
	}
	for _, bad := range []string{"", "release 1.2.3\n", "release go1.2.3\nhash linux-amd64 abc\n", "release go1.2.3\nrelease go1.2.4\n", "what go1.2.3\n"} {
		if _, err := ParsePin([]byte(bad)); err == nil {
			t.Errorf("%q parsed", bad)
		}
	}
}

// The toolchain module and the unpacked archive of one release have the same
// hash, although file names and the set of folders differ.
func TestScanForms(t *testing.T) {
	module := map[string]string{
		"VERSION": "go1.2.3\n", "src/_go.mod": "module std\n", "src/_x/_go.mod": "module x\n", "bin/go": "go",
		"pkg/tool/linux_amd64/compile": "c", "pkg/include/a.h": "h",
	}
	used := map[string]string{"src/go.mod": "module std\n", "src/_x/go.mod": "module x\n"} // after its first use
	archive := map[string]string{
		"VERSION": "go1.2.3\n", "src/go.mod": "module std\n", "src/_x/go.mod": "module x\n", "bin/go": "go",
		"pkg/tool/linux_amd64/compile": "c", "pkg/include/a.h": "h",
		"test/a.go": "package a\n", "doc/x.html": "x", "api/go1.txt": "x", "misc/y": "y",
	}
	scan := func(files ...map[string]string) (*Tree, string) {
		t.Helper()
		dir := t.TempDir()
		for _, m := range files {
			for name, data := range m {
				file := filepath.Join(dir, filepath.FromSlash(name))
				os.MkdirAll(filepath.Dir(file), 0o755)
				if err := os.WriteFile(file, []byte(data), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		pin := &Pin{Release: "go1.2.3", Hashes: map[string]string{"linux-amd64": "h1:no"}}
		_, err := Scan(dir, pin, "linux-amd64", nil)
		var he *HashError
		if !errors.As(err, &he) {
			t.Fatalf("scan: %v", err)
		}
		pin.Hashes["linux-amd64"] = he.Got
		tree, err := Scan(dir, pin, "linux-amd64", nil)
		if err != nil {
			t.Fatal(err)
		}
		return tree, he.Got
	}
	tree, h1 := scan(module)
	_, h2 := scan(module, used)
	_, h3 := scan(archive)
	if h1 != h2 || h1 != h3 {
		t.Errorf("hashes differ: %s, used %s, archive %s", h1, h2, h3)
	}
	// As dirhash.Hash1 computes it for these files.
	if len(tree.Files) != 6 {
		t.Errorf("%d files", len(tree.Files))
	}
	f, ok := tree.Lookup("src/go.mod")
	if !ok || filepath.Base(f.Src) != "_go.mod" {
		t.Errorf("src/go.mod is %+v", f)
	}
	if f, _ := tree.Lookup("bin/go"); !f.Exec {
		t.Error("bin/go is not executable")
	}
	if _, ok := tree.Lookup("src/_go.mod"); ok {
		t.Error("the tree has src/_go.mod")
	}
	module["VERSION"] = "go1.2.4\n"
	if _, h := scan(module); h == h1 {
		t.Error("the hash does not see a change")
	}
}

// TestSums: the hashes come from what the go command says when it refuses.
func TestSums(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the go command of this test is a shell script")
	}
	dir := t.TempDir()
	goCmd := filepath.Join(dir, "go")
	sum := "h1:" + strings.Repeat("B", 43) + "="
	const m = "golang.org/toolchain@v0.0.1-go1.2.3."
	script := "#!/bin/sh\nif [ $1 = env ]; then echo proxy.test; exit; fi\n" +
		"case $GOPROXY in file://*,proxy.test) ;; *) exit 1;; esac\n" +
		"cat <<'EOF'\n" +
		`{"Version":"v0.0.1-go1.2.3.a-b","Error":"` + m + `a-b: verifying module: checksum mismatch\n\tdownloaded: h1:x=\n\tsum.test: ` + sum + `\n\nSECURITY ERROR"}` + "\n" +
		// That of go.mod is another hash.
		`{"Version":"v0.0.1-go1.2.3.c-d","Error":"` + m + `c-d: verifying go.mod: checksum mismatch\n\tdownloaded: h1:x=\n\tsum.test: ` + sum + `\n"}` + "\n" +
		`{"Version":"v0.0.1-go1.2.3.e-f","Error":"404 Not Found\nmore"}` + "\nEOF\nexit 1\n"
	if err := os.WriteFile(goCmd, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	f := &Finder{Go: goCmd, Env: os.Environ(), Limit: time.Minute}
	sums, missing, err := f.Sums("go1.2.3", []string{"a-b", "c-d", "e-f"})
	if err != nil || len(sums) != 1 || sums["a-b"] != sum || missing["e-f"] != "404 Not Found" || missing["c-d"] == "" {
		t.Errorf("%q, %q, %v", sums, missing, err)
	}
}
