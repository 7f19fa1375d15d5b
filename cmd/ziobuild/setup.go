package main

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// setup assembles the GOROOT now, which any other command does when it needs it.
func (a *app) setup(args []string) error {
	fs := flags("setup")
	force := fs.Bool("force", false, "assemble it even if it is there")
	if err := parse(fs, args, 0); err != nil {
		return err
	}
	get := a.root
	if *force {
		get = func() (string, error) { return a.assemble(true) }
	}
	root, err := get()
	if err != nil {
		return err
	}
	cache, err := a.cache()
	if err != nil {
		return err
	}
	if err := cache.SetCurrent(root); err != nil {
		fmt.Fprintf(a.stderr, "ziobuild: the link %s was not made: %v\n", cache.Current(), err)
	}
	fmt.Fprintln(a.stdout, root)
	return nil
}

// version begins with the line of go version, which programs look for, and then
// prints what ziobuild is and what it builds with.
func (a *app) version() error {
	in, err := a.inputs()
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "go version %s %s\n", in.Pin.Release, strings.Replace(a.platform, "-", "/", 1))
	fmt.Fprintf(a.stdout, "ziobuild %s zio=%s base %s %s key %s\n", selfVersion(), in.Rev(), in.Pin.Release, a.platform, in.Key())
	return nil
}

// selfVersion is the version of the command itself.
func selfVersion() string {
	bi, ok := debug.ReadBuildInfo()
	if !ok || bi.Main.Version == "" {
		return "(devel)"
	}
	return bi.Main.Version
}
