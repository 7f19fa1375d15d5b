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

// patchVerify checks the series against the base release.
func (a *app) patchVerify(args []string, checkout string) error {
	fs := flags("patch verify")
	build := fs.Bool("build", false, "compile std after every patch")
	if err := parse(fs, args, 0); err != nil {
		return err
	}
	in, tree, err := a.baseTree()
	if err != nil {
		return err
	}
	readme, err := os.ReadFile(filepath.Join(checkout, "patches", "README.md"))
	if err != nil {
		return err
	}
	r := patchset.Verify(tree, in.Series, in.Overlay, string(readme))
	for _, w := range r.Warnings {
		fmt.Fprintf(a.stdout, "warn: %s\n", w)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(a.stdout, "fail: %s\n", p)
	}
	if len(r.Problems) > 0 {
		return fmt.Errorf("patch verify: %d problems", len(r.Problems))
	}
	if *build {
		if err := a.buildPrefixes(in, tree); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.stdout, "ok: %d patches, %d new files on %s\n", len(in.Series), len(in.Overlay), in.Pin.Release)
	return nil
}

// buildPrefixes compiles std and the go command after each patch.
func (a *app) buildPrefixes(in *goroot.Inputs, tree *base.Tree) error {
	tmp, err := os.MkdirTemp("", "ziobuild-verify-")
	if err != nil {
		return err
	}
	defer goroot.RemoveAll(tmp)
	scratch, err := goroot.NewScratch(tmp, tree)
	if err != nil {
		return err
	}
	for n := 1; n <= len(in.Series); n++ {
		p := in.Series[n-1]
		a.progress.Stage("compiling after " + p.Name)
		files, err := in.Series.PrefixFiles(tree, n, in.Overlay)
		if err != nil {
			return err
		}
		if err := scratch.Lay(files); err != nil {
			return err
		}
		if out, err := scratch.Go(os.Environ(), "build", "std", "cmd/go").CombinedOutput(); err != nil {
			return fmt.Errorf("std does not compile after %s (new files come with the patch that names them in a \"Files-New:\" line):\n%s", p.Name, strings.TrimSpace(string(out)))
		}
	}
	a.progress.Done()
	return nil
}
