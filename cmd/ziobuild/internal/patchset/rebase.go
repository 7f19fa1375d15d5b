package patchset

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
)

// RebaseReport tries the series on another release, without merging, and returns a
// report. A patch that does not apply is left out, and those
// after it are tried without it.
func RebaseReport(s Series, overlay map[string][]byte, oldName string, old fs.FS, newName string, other fs.FS) []byte {
	var kept, conflict bytes.Buffer
	nKept := 0
	tree := NewTree(other)
	for _, p := range s {
		err := tree.Apply(p)
		if err == nil {
			nKept++
			fmt.Fprintf(&kept, "- %04d %s\n", p.Number, p.Subject)
			continue
		}
		fmt.Fprintf(&conflict, "- %04d %s\n", p.Number, p.Subject)
		for _, f := range p.Files {
			a, aerr := fs.ReadFile(old, f.Path)
			b, berr := fs.ReadFile(other, f.Path)
			switch {
			case errors.Is(berr, fs.ErrNotExist):
				fmt.Fprintf(&conflict, "  - `%s` is gone\n", f.Path)
			case aerr == nil && berr == nil && !bytes.Equal(a, b):
				fmt.Fprintf(&conflict, "  - `%s` changed upstream\n", f.Path)
			}
		}
		var ae *ApplyError
		if errors.As(err, &ae) {
			fmt.Fprintf(&conflict, "  - first: %s, hunk %d, line %d: %s\n", ae.File, ae.Hunk, ae.Line, ae.Problem)
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Rebase from %s to %s\n\n", oldName, newName)
	fmt.Fprintf(&b, "## Applies strictly (%d of %d)\n\n%s\n", nKept, len(s), kept.String())
	fmt.Fprintf(&b, "## Needs work (%d)\n\n%s\n", len(s)-nKept, conflict.String())
	fmt.Fprintf(&b, "## New files that upstream has now too\n\n")
	for _, name := range slices.Sorted(maps.Keys(overlay)) {
		if f, err := other.Open(name); err == nil {
			f.Close()
			fmt.Fprintf(&b, "- `%s`\n", name)
		}
	}
	fmt.Fprintf(&b, "\n## Dropped\n\nPatch, and the upstream commit that made it unnecessary.\n\n## Validation\n\n- [ ] ziobuild patch verify -build\n- [ ] go test ./...\n- [ ] Go's own tests of the touched packages, against the base release\n- [ ] bench\n")
	return b.Bytes()
}
