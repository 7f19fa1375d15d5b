package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/zio-go/zio/cmd/ziobuild/internal/base"
	"github.com/zio-go/zio/cmd/ziobuild/internal/goroot"
	"github.com/zio-go/zio/cmd/ziobuild/internal/patchset"
)

var releaseRE = regexp.MustCompile(`^go1\.[0-9]+(\.[0-9]+|(beta|rc)[0-9]+)$`)

// checkRelease refuses what is no name of a release before anything is fetched.
func checkRelease(name string) error {
	if releaseRE.MatchString(name) {
		return nil
	}
	return usageError(fmt.Sprintf("patch rebase: %q is not the name of a Go release, such as go1.27.4 or go1.28rc1\n%s", name, usageOf("patch rebase")))
}

// patchRebase reports which patches apply to another upstream release, or with
// -apply moves the series to it.
func (a *app) patchRebase(args []string, checkout string) error {
	fs := flags("patch rebase")
	apply := fs.Bool("apply", false, "move the series")
	// The flag may come last too.
	if n := len(args); n > 1 && strings.HasPrefix(args[n-1], "-") {
		args = append([]string{args[n-1]}, args[:n-1]...)
	}
	if err := parse(fs, args, 1); err != nil {
		return err
	}
	release := fs.Arg(0)
	if err := checkRelease(release); err != nil {
		return err
	}
	in, old, err := a.baseTree()
	if err != nil {
		return err
	}
	if release == in.Pin.Release {
		return usageError(fmt.Sprintf("patch rebase: GOBASE is %s already", release))
	}
	f, err := a.finder(in)
	if err != nil {
		return err
	}
	other, err := f.Unpinned(release)
	a.progress.Done()
	if err != nil {
		return err
	}
	report := patchset.RebaseReport(in.Series, in.Overlay, in.Pin.Release, old, release, other)
	if _, err := a.stdout.Write(report); err != nil || !*apply {
		return err
	}
	return a.applyRebase(in, old, release, other, f, checkout)
}

// applyRebase moves the series. Nothing in the checkout changes before the whole
// of it is there.
func (a *app) applyRebase(in *goroot.Inputs, old *base.Tree, release string, other *base.Tree, f *base.Finder, checkout string) error {
	for _, name := range slices.Sorted(maps.Keys(in.Overlay)) {
		if _, ok := other.Lookup(name); ok {
			return fmt.Errorf("%s has a file %s, which src/ has too: rename ours first", release, name)
		}
	}
	cache, err := a.cache()
	if err != nil {
		return err
	}
	repo := &patchset.RebaseRepo{
		Dir: filepath.Join(cache.Dir, "rebase", release), From: in.Pin.Release, To: release, Key: seriesKey(in.Series),
	}
	exists, err := repo.Exists()
	if err != nil {
		return err
	}
	if !exists {
		a.progress.Stage("making " + repo.Dir)
		if err := repo.Create(in.Series, old, editFiles(old), editFiles(other)); err != nil {
			return err
		}
	}
	a.progress.Stage("picking patches")
	err = repo.Pick()
	a.progress.Done()
	var ce *patchset.ConflictError
	if errors.As(err, &ce) {
		return fmt.Errorf("%w: ziobuild patch rebase %s -apply", err, release)
	}
	if err != nil {
		return err
	}
	series, err := patchset.Extract(repo.Dir, in.Series)
	if err != nil {
		return err
	}
	if err := series.Apply(patchset.NewTree(other)); err != nil {
		return fmt.Errorf("the merged series does not apply to %s, nothing was written: %w", release, err)
	}
	pin, err := a.pin(f, release, other, in.Pin)
	if err != nil {
		return err
	}
	if err := a.writeSeries(series, checkout); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(checkout, "GOBASE"), pin.Format(), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "wrote GOBASE\n\n## Merged\n\n")
	for _, l := range patchset.Outcome(in.Series, series) {
		fmt.Fprintf(a.stdout, "- %s\n", l)
	}
	fmt.Fprintf(a.stdout, "\nnext: the line \"Base:\" of CHANGELOG.md, ziobuild patch verify -build, and the tests\n")
	return goroot.RemoveAll(repo.Dir)
}

// seriesKey tells one state of the series from another.
func seriesKey(s patchset.Series) string {
	h := sha256.New()
	for _, p := range s {
		h.Write(p.Raw)
	}
	return fmt.Sprintf("%x", h.Sum(nil))[:16]
}

// pin returns GOBASE's content for a release and says which hosts it lacks. The
// hash of this host's module is that of the files which were read. Hashes of
// the same release that GOBASE has stay where the database gives none.
func (a *app) pin(f *base.Finder, release string, tree *base.Tree, old *base.Pin) (*base.Pin, error) {
	hosts, err := base.Hosts(tree)
	if err != nil {
		return nil, err
	}
	sums, missing, err := f.Sums(release, hosts)
	a.progress.Done()
	if err != nil {
		return nil, err
	}
	if sums[a.platform] == "" {
		return nil, fmt.Errorf("the checksum database has no hash of %s for this host: %s", release, missing[a.platform])
	}
	pin := &base.Pin{Release: release, Hashes: sums}
	if _, err := base.Scan(tree.Dir, pin, a.platform, nil); err != nil {
		return nil, err
	}
	var without []string
	for _, host := range slices.Sorted(maps.Keys(missing)) {
		if old.Release == release && old.Hashes[host] != "" {
			pin.Hashes[host] = old.Hashes[host]
			continue
		}
		without = append(without, host)
		if old.Hashes[host] != "" {
			fmt.Fprintf(a.stderr, "ziobuild: no hash of %s for %s, which GOBASE had before: %s\n"+
				"\trun 'ziobuild patch pin' where the checksum database can be asked for it\n", release, host, missing[host])
		}
	}
	fmt.Fprintf(a.stdout, "hashes of %s for %s\n", release, strings.Join(slices.Sorted(maps.Keys(pin.Hashes)), " "))
	if len(without) > 0 {
		fmt.Fprintf(a.stdout, "none for %s\n", strings.Join(without, " "))
	}
	return pin, nil
}

// patchPin writes the hashes in GOBASE anew.
func (a *app) patchPin(args []string, checkout string) error {
	if err := parse(flags("patch pin"), args, 0); err != nil {
		return err
	}
	// Not by a.inputs, which needs this host's hash.
	data, err := os.ReadFile(filepath.Join(checkout, "GOBASE"))
	if err != nil {
		return err
	}
	old, err := base.ParsePin(data)
	if err != nil {
		return err
	}
	f, err := a.finder(&goroot.Inputs{Pin: old})
	if err != nil {
		return err
	}
	tree, err := f.Unpinned(old.Release)
	if err != nil {
		return err
	}
	pin, err := a.pin(f, old.Release, tree, old)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(checkout, "GOBASE"), pin.Format(), 0o644)
}
