package ioprobe

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestAgrees compares this probe with the runtime's sources: both use the same
// numbers of the kernel, no more and no fewer, and each has the same value.
func TestAgrees(t *testing.T) {
	const src = "../../../../src/runtime"
	ours := parse(t, "probe_linux.go")
	files, err := filepath.Glob(filepath.Join(src, "*zio*linux.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	theirs := parse(t, append(files, filepath.Join(src, "zio_batch.go"))...)
	steps := []string{"zioRingInit", "zioRingSetup", "open", "zioSetupFlags", "mmap", "enable", "restrict", "probe"}
	for _, name := range steps {
		if theirs.funcs[name] == nil {
			t.Fatalf("the runtime has no function %s: adapt this test and the probe", name)
		}
	}
	used, known := ours.names("Probe", "restrict"), theirs.names(steps...)
	if !slices.Equal(used, known) {
		t.Errorf("the probe uses %q\nthe runtime     %q", used, known)
	}
	for _, name := range used {
		if a, b := ours.consts[name], theirs.consts[name]; a == "" || a != b {
			t.Errorf("%s is %s here and %s in the runtime", name, a, b)
		}
	}
}

type sources struct {
	consts map[string]string // source text of their values
	funcs  map[string]*ast.FuncDecl
}

func parse(t *testing.T, files ...string) *sources {
	t.Helper()
	s := &sources{make(map[string]string), make(map[string]*ast.FuncDecl)}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				for i, id := range n.Names {
					if i < len(n.Values) {
						v := n.Values[i]
						s.consts[id.Name] = string(text[fset.Position(v.Pos()).Offset:fset.Position(v.End()).Offset])
					}
				}
			case *ast.FuncDecl:
				s.funcs[n.Name.Name] = n
			}
			return true
		})
	}
	return s
}

// names returns the numbers of io_uring that functions use, and the ring's size.
func (s *sources) names(funcs ...string) []string {
	set := make(map[string]bool)
	for _, f := range funcs {
		ast.Inspect(s.funcs[f], func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && (strings.HasPrefix(id.Name, "_IORING_") || id.Name == "zioBatchSize") {
				set[id.Name] = true
			}
			return true
		})
	}
	return slices.Sorted(maps.Keys(set))
}
