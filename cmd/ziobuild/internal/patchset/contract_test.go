package patchset_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const runtimeDir = "../../../../src/runtime"

// functions returns the names of the functions without receiver in the files of
// the runtime that match the pattern.
func functions(t *testing.T, pattern string) map[string]bool {
	files, err := filepath.Glob(filepath.Join(runtimeDir, pattern))
	if err != nil || len(files) == 0 {
		t.Fatal(pattern, files, err)
	}
	names := map[string]bool{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				names[fn.Name.Name] = true
			}
		}
	}
	return names
}

// The contract in zio.go names every function that a backend defines: the systems
// without a backend define them all and no others, and linux defines them all.
func TestContract(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(runtimeDir, "zio.go"))
	if err != nil {
		t.Fatal(err)
	}
	contract := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^//\t(zio\w+)\(.*\|`).FindAllStringSubmatch(string(text), -1) {
		contract[m[1]] = true
	}
	if len(contract) < 10 {
		t.Fatalf("the table has only %q", slices.Sorted(maps.Keys(contract)))
	}
	stub := functions(t, "zio_backend_none.go")
	delete(stub, "zioNone") // what they call
	if want, got := slices.Sorted(maps.Keys(contract)), slices.Sorted(maps.Keys(stub)); !slices.Equal(want, got) {
		t.Errorf("the contract names  %q\nthe stub defines    %q", want, got)
	}
	linux := functions(t, "zio_*_linux.go")
	for name := range contract {
		if !linux[name] {
			t.Errorf("linux does not define %s", name)
		}
	}
}

// The files of the core are below 400 lines, and their functions below 70.
func TestSizes(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(runtimeDir, "*zio*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n >= 400 {
			t.Errorf("%s has %d lines", filepath.Base(name), n)
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				if n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1; n >= 70 {
					t.Errorf("%s: %s has %d lines", filepath.Base(name), fn.Name.Name, n)
				}
			}
		}
	}
}
