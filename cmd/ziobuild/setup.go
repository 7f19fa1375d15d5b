package main

import (
	"flag"
	"fmt"
	"io"
	"runtime/debug"
)

// setup assembles the GOROOT now, which any other command does when it needs it.
func (a *app) setup(args []string) error {
	fs := flags("setup")
	force := fs.Bool("force", false, "assemble it even if it is there")
	if err := parse(fs, args, 0); err != nil {
		return err
	}
	if !*force {
		root, err := a.root()
		if err == nil {
			fmt.Fprintln(a.stdout, root)
		}
		return err
	}
	root, err := a.assemble(true)
	if err == nil {
		fmt.Fprintln(a.stdout, root)
	}
	return err
}

// clean removes assembled trees.
func (a *app) clean(args []string) error {
	// "ziobuild clean" with go's own flags or packages is go's verb.
	own := len(args) == 0 || len(args) == 1 && (args[0] == "-all" || args[0] == "--all")
	if !own {
		return a.passThrough(append([]string{"clean"}, args...))
	}
	cache, err := a.cache()
	if err != nil {
		return err
	}
	return cache.Clean(len(args) == 1)
}

// version prints what ziobuild is and what it builds with.
func (a *app) version() error {
	in, err := a.inputs()
	if err != nil {
		return err
	}
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

// flags returns a flag set whose errors are usage errors.
func flags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	return fs
}

// parse parses own flags and checks the number of arguments left.
func parse(fs *flag.FlagSet, args []string, want int) error {
	if err := fs.Parse(args); err != nil {
		return usageError(fmt.Sprintf("%s: %v; see 'ziobuild help %s'", fs.Name(), err, fs.Name()))
	}
	if fs.NArg() != want {
		return usageError(fmt.Sprintf("%s takes %d arguments, not %d; see 'ziobuild help %s'", fs.Name(), want, fs.NArg(), fs.Name()))
	}
	return nil
}
