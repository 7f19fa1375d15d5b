package patchset

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// The ledger is the part of patches/README.md between these lines. It is
// written by 'ziobuild patch extract' and checked by 'ziobuild patch verify'.
const (
	ledgerBegin = "<!-- ledger: written by 'ziobuild patch extract' -->"
	ledgerEnd   = "<!-- end of ledger -->"
)

// Ledger returns the table of the touched upstream files, and which patches
// touch each.
func (s Series) Ledger() string {
	byFile := make(map[string][]string)
	for _, p := range s {
		for _, f := range p.Files {
			byFile[f.Path] = append(byFile[f.Path], fmt.Sprintf("%04d", p.Number))
		}
	}
	var paths []string
	for path := range byFile {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	var b strings.Builder
	b.WriteString("| upstream file | patches |\n|---|---|\n")
	for _, path := range paths {
		fmt.Fprintf(&b, "| `%s` | %s |\n", path, strings.Join(byFile[path], " "))
	}
	b.WriteString("\n| patch | lines | subject | drop when |\n|---|---|---|---|\n")
	for _, p := range s {
		drop := strings.Join(p.Trailers("Drop-When"), "; ")
		fmt.Fprintf(&b, "| %04d | %d | %s | %s |\n", p.Number, p.Changed(), cell(p.Subject), cell(drop))
	}
	return b.String()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// UpdateLedger writes the ledger into the README.
func UpdateLedger(name string, s Series) (changed bool, err error) {
	old, err := os.ReadFile(name)
	if err != nil {
		return false, err
	}
	head, rest, ok := strings.Cut(string(old), ledgerBegin)
	_, tail, ok2 := strings.Cut(rest, ledgerEnd)
	if !ok || !ok2 {
		return false, fmt.Errorf("%s has no lines %q and %q for the ledger", name, ledgerBegin, ledgerEnd)
	}
	now := head + ledgerBegin + "\n" + s.Ledger() + ledgerEnd + tail
	if now == string(old) {
		return false, nil
	}
	return true, os.WriteFile(name, []byte(now), 0o644)
}

var ledgerRowRE = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([0-9 ]+) \\|$")

// checkLedger compares the README's table with the series, in both directions.
func checkLedger(readme string, s Series) (problems []string) {
	_, rest, ok := strings.Cut(readme, ledgerBegin)
	text, _, ok2 := strings.Cut(rest, ledgerEnd)
	if !ok || !ok2 {
		return []string{"patches/README.md has no ledger; run 'ziobuild patch extract DIR'"}
	}
	rows := make(map[string]string)
	for _, m := range ledgerRowRE.FindAllStringSubmatch(text, -1) {
		rows[m[1]] = m[2]
	}
	for _, m := range ledgerRowRE.FindAllStringSubmatch(s.Ledger(), -1) {
		path, patches := m[1], m[2]
		switch row, ok := rows[path]; {
		case !ok:
			problems = append(problems, fmt.Sprintf("patches/README.md: no row for %s (touched by %s)", path, patches))
		case row != patches:
			problems = append(problems, fmt.Sprintf("patches/README.md: %s is touched by %s, its row says %s", path, patches, row))
		}
		delete(rows, path)
	}
	for path := range rows {
		problems = append(problems, fmt.Sprintf("patches/README.md: row for %s, which no patch touches", path))
	}
	slices.Sort(problems)
	if problems == nil && strings.TrimSpace(text) != strings.TrimSpace(s.Ledger()) {
		problems = []string{"patches/README.md: the ledger's second table is out of date; run 'ziobuild patch extract DIR'"}
	}
	return problems
}
