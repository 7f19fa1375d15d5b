package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/zio-go/zio/cmd/ziobuild/internal/base"
	"github.com/zio-go/zio/cmd/ziobuild/internal/goroot"
	"github.com/zio-go/zio/cmd/ziobuild/internal/patchset"
)

// patch dispatches the commands for those who change the series.
func (a *app) patch(args []string) error {
	if len(args) == 0 {
		return usageOf("patch")
	}
	if args[0] == "-h" || args[0] == "-help" || args[0] == "--help" {
		return usageOf("patch")
	}
	if _, ok := subUsage["patch "+args[0]]; !ok {
		return usageError(fmt.Sprintf("patch %s: unknown command\nRun 'ziobuild help patch' for usage.", args[0]))
	}
	checkout, err := findCheckout()
	if err != nil {
		return err
	}
	a.files = os.DirFS(checkout)
	switch verb, rest := args[0], args[1:]; verb {
	case "list":
		return a.patchList(rest)
	case "edit":
		return a.patchEdit(rest, checkout)
	case "extract":
		return a.patchExtract(rest, checkout)
	case "verify":
		return a.patchVerify(rest, checkout)
	case "rebase":
		return a.patchRebase(rest, checkout)
	case "pin":
		return a.patchPin(rest, checkout)
	}
	panic("a command of subUsage that is not here: " + args[0])
}

// findCheckout returns the checkout of this project that holds the current
// folder.
func findCheckout() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.Contains(string(mod), "module github.com/zio-go/zio\n") {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", usageError("patch works on a checkout of github.com/zio-go/zio; change to one first")
		}
		dir = parent
	}
}

func (a *app) patchList(args []string) error {
	if err := parse(flags("patch list"), args, 0); err != nil {
		return err
	}
	in, err := a.inputs()
	if err != nil {
		return err
	}
	for _, p := range in.Series {
		fmt.Fprintf(a.stdout, "%04d %4d %2d %s\n", p.Number, p.Changed(), len(p.Files), p.Subject)
	}
	return nil
}

// baseTree returns the checked base release.
func (a *app) baseTree() (*goroot.Inputs, *base.Tree, error) {
	in, err := a.inputs()
	if err != nil {
		return nil, nil, err
	}
	t, err := a.findBase(a, in)
	a.progress.Done()
	return in, t, err
}

// patchEdit makes a repository to change the series in. Its GOROOT works: the
// go command is the rebuilt one, and the new files are links into the
// checkout, so that both sides of the work are live.
func (a *app) patchEdit(args []string, checkout string) error {
	fs := flags("patch edit")
	if err := parse(fs, args, 1); err != nil {
		return err
	}
	dir, err := filepath.Abs(fs.Arg(0))
	if err != nil {
		return err
	}
	root, err := a.root()
	if err != nil {
		return err
	}
	in, tree, err := a.baseTree()
	if err != nil {
		return err
	}
	a.progress.Stage("making " + dir)
	files := editFiles(tree)
	for i, f := range files {
		if f.Exec && (strings.HasPrefix(f.Path, "bin/") || strings.HasPrefix(f.Path, "pkg/")) {
			files[i].Src = filepath.Join(root, filepath.FromSlash(f.Path)) // the rebuilt one
		}
	}
	var ignored []string
	for name := range in.Overlay {
		ignored = append(ignored, name)
	}
	if err := patchset.Edit(dir, tree, files, in.Series, ignored); err != nil {
		return err
	}
	for _, name := range ignored {
		if err := link(filepath.Join(checkout, filepath.FromSlash(name)), filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	if err := goroot.WriteRev(dir, "edit", in.ToolKey()); err != nil {
		return err
	}
	a.progress.Done()
	fmt.Fprintf(a.stdout, "%s: %d patches on %s; run %s, commit, then 'ziobuild patch extract %s'\n", dir, len(in.Series), in.Pin.Release, goPath(dir), dir)
	return nil
}

func editFiles(tree *base.Tree) []patchset.EditFile {
	var files []patchset.EditFile
	for _, f := range tree.Files {
		files = append(files, patchset.EditFile{Path: f.Path, Src: f.Src, Exec: f.Exec})
	}
	return files
}

// link makes a symbolic link, or a copy where the system has none.
func link(src, dst string) error {
	if err := os.MkdirAll(filepath.Dir(dst), 0o755); err != nil {
		return err
	}
	if os.Symlink(src, dst) == nil {
		return nil
	}
	data, err := os.ReadFile(src)
	if err != nil {
		return err
	}
	return os.WriteFile(dst, data, 0o644)
}

// patchExtract writes patches/ from an edit repository. Nothing is written
// before the new series has been applied to the base.
func (a *app) patchExtract(args []string, checkout string) error {
	fs := flags("patch extract")
	if err := parse(fs, args, 1); err != nil {
		return err
	}
	dir, err := filepath.Abs(fs.Arg(0))
	if err != nil {
		return err
	}
	in, tree, err := a.baseTree()
	if err != nil {
		return err
	}
	series, err := patchset.Extract(dir, in.Series)
	if err != nil {
		return err
	}
	if err := series.Apply(patchset.NewTree(tree)); err != nil {
		return fmt.Errorf("the extracted series does not apply, nothing was written: %w", err)
	}
	return a.writeSeries(series, checkout)
}

// writeSeries makes patches/ and its ledger those of a series.
func (a *app) writeSeries(series patchset.Series, checkout string) error {
	log, err := series.Write(filepath.Join(checkout, "patches"))
	for _, l := range log {
		fmt.Fprintln(a.stdout, l)
	}
	if err != nil {
		return err
	}
	changed, err := patchset.UpdateLedger(filepath.Join(checkout, "patches", "README.md"), series)
	if err != nil {
		return err
	}
	if changed {
		fmt.Fprintln(a.stdout, "wrote README.md")
	}
	fmt.Fprintf(a.stdout, "%d patches, %d changed\n", len(series), len(log))
	return nil
}
