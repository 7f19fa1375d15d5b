// Package mutations has patches that break the tree on purpose. scripts/mutations.sh
// applies each to a copy and runs the rows of the matrix that its lines "Matrix:" name,
// which must notice it.
package mutations

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

var rows = regexp.MustCompile(`(?m)^Matrix: -run \S+ -runner \S+( -kernel \S+)?( -tests \S+ \S+)?$`)

// Every patch still fits the tree, and names rows.
func TestPatches(t *testing.T) {
	files, err := filepath.Glob("*.patch")
	if err != nil || len(files) == 0 {
		t.Fatalf("no patches: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !rows.Match(text) {
			t.Errorf("%s names no rows of the matrix", file)
		}
		if _, err := exec.LookPath("git"); err != nil {
			t.Skip("no git here")
		}
		cmd := exec.Command("git", "apply", "--check", filepath.Join("test/mutations", file))
		cmd.Dir = "../.."
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s does not fit: make it anew\n%s", file, out)
		}
	}
}
