package main

import (
	"fmt"
	"io"
	"strings"
)

const usage = `Ziobuild is used instead of go: programs build and behave the same, and run on
the zio runtime.

Usage:

	ziobuild <go command> [arguments]

Every command of go works, with the same arguments, input, output and exit code.
These commands are ziobuild's own:

	setup [-force]          assemble the patched GOROOT now (others do it when needed)
	env [-json] [VAR ...]   like go env, and ZIOROOT ZIOREV ZIOVERSION ZIOBASE ZIOKEY ZIOCACHE
	doctor [-json]          check base, cache, kernel, io_uring and limits
	clean [-all]            remove assembled GOROOTs; with -all the build cache too
	version                 print the revision (with arguments: go version)
	patch list|verify|edit|extract|rebase
	                        work on the patch series, see 'ziobuild help patch'
	go ARGS                 run go with ARGS, whatever they are
	help [topic]            this text, 'help env', 'help patch', or go help

Environment:

	ZIOBUILD_CACHE   folder for assembled GOROOTs and build cache
	ZIOBUILD_GO      go command that fetches the base release (default: go in PATH)
	ZIOBUILD_DEBUG   1: say on stderr what is run
	ZIOBUILD_BYPASS  1: run the unpatched base release

A program built with ziobuild reads GODEBUG=zio=auto|io_uring|epoll|poll|off.
`

const helpEnv = `usage: ziobuild env [-json] [VAR ...]

Env prints what go env prints, with these in front:

	ZIOROOT     the assembled GOROOT
	ZIOREV      revision; binaries carry it (go version -m BINARY shows zio=REV)
	ZIOVERSION  version of the ziobuild command
	ZIOBASE     upstream release
	ZIOKEY      name of the tree in the cache
	ZIOCACHE    the cache folder

For an editor, put "$(ziobuild env ZIOROOT)/bin" first in its PATH, or name
that folder's go as its go command. Do not set GOROOT. The build cache of that
go command is the one that ziobuild uses.

All other flags are those of go env.
`

const helpPatch = `usage: ziobuild patch list|verify|edit|extract|rebase

	list                  print number, changed lines, files and subject of each patch
	verify [-build]       check the series strictly against the base release;
	                      -build also compiles std after every patch
	edit DIR              make a git repository of the base release (tag zio-base) with
	                      a commit per patch; DIR is a GOROOT that works
	extract DIR           write patches/ from the commits of such a repository
	rebase RELEASE        report which patches apply to another upstream release

They work on the checkout that holds the current directory.
`

// help prints ziobuild's own topics and leaves the others to go.
func (a *app) help(args []string) error {
	if len(args) == 0 {
		a.printHelp(a.stdout)
		return nil
	}
	switch strings.Join(args, " ") {
	case "env":
		io.WriteString(a.stdout, helpEnv)
	case "patch":
		io.WriteString(a.stdout, helpPatch)
	case "setup", "doctor", "matrix":
		a.printHelp(a.stdout)
	default:
		return a.passThrough(append([]string{"help"}, args...))
	}
	return nil
}

func (a *app) printHelp(w io.Writer) { fmt.Fprint(w, usage) }
