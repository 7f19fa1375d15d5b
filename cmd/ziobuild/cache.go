package main

import (
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"
)

// cacheCmd lists the assembled trees or removes them.
func (a *app) cacheCmd(args []string) error {
	cache, err := a.cache()
	if err != nil {
		return err
	}
	if len(args) > 0 && args[0] == "clean" {
		fs := flags("cache clean")
		all := fs.Bool("all", false, "the build cache too")
		if err := parse(fs, args[1:], 0); err != nil {
			return err
		}
		return cache.Clean(*all)
	}
	fs := flags("cache")
	if err := parse(fs, args, 0); err != nil {
		return err
	}
	current, _ := filepath.EvalSymlinks(cache.Current())
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	for _, t := range cache.List() {
		mark := " "
		if fi, err := os.Stat(current); err == nil {
			if ti, err := os.Stat(t.Dir); err == nil && os.SameFile(fi, ti) {
				mark = "*"
			}
		}
		fmt.Fprintf(w, "%s %s\t%d MB\tused %s\n", mark, t.Dir, t.Size>>20, t.Used.Format(time.DateTime))
	}
	fmt.Fprintf(w, "  %s\t%d MB\tbuild cache\n", cache.GOCACHE(), cache.BuildSize()>>20)
	return w.Flush()
}
