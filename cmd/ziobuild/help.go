package main

import (
	"errors"
	"flag"
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
	cache [clean [-all]]    list the assembled GOROOTs, or remove them
	bug [ARGS]              print a report to send: versions, doctor, what was typed
	matrix [-n] [...]       test every port that this machine can run
	version                 like go version, and the revision (with arguments: go version)
	patch list|verify|edit|extract|rebase|pin
	                        work on the patch series
	go ARGS                 run go with ARGS, whatever they are
	help [topic]            this text, 'help setup' and so on, or go help

Environment:

	ZIOBUILD_CACHE    folder for assembled GOROOTs and build cache
	ZIOBUILD_GO       go command that fetches the base release (default: go in PATH)
	ZIOBUILD_TIMEOUT  time for that download (default: 1h)
	ZIOBUILD_DEBUG    1: say on stderr what is run
	ZIOBUILD_BYPASS   1: run the unpatched base release

A program built with ziobuild reads GODEBUG=zio=auto|io_uring|epoll|poll|off.
`

// A topic is the help on one of ziobuild's own commands.
type topic struct {
	usage string // its arguments
	text  string
}

// topics is by command. Each command's flags and arguments are in its usage.
var topics = map[string]topic{
	"setup": {"[-force]", `
Setup assembles the patched GOROOT in the cache, if it is not there yet, makes
the link "current" in the cache point to it, and prints its name. Every other
command assembles it too when it needs it.

	-force  assemble it even if it is there
`},
	"env": {"[-json] [VAR ...]", `
Env prints what go env prints, with these in front:

	ZIOROOT     the assembled GOROOT
	ZIOREV      revision; binaries carry it (go version -m BINARY shows zio=REV)
	ZIOVERSION  version of the ziobuild command
	ZIOBASE     upstream release
	ZIOKEY      name of the tree in the cache
	ZIOCACHE    the cache folder

For an editor, put "$(ziobuild env ZIOCACHE)/current/bin" first in its PATH, or
name that folder's go as its go command: the link follows when ziobuild is
upgraded. Do not set GOROOT. The build cache of that go command is the one that
ziobuild uses.

All other flags are those of go env.
`},
	"doctor": {"[-json]", `
Doctor prints a line for each thing that it looks at: the base release, the
assembled GOROOT, the cache, the kernel, io_uring, limits, a C compiler, and
settings in the environment. A line that begins with warn or fail says what to
do. Doctor downloads and changes nothing. Its exit code is 1 if a line fails.

	-json  print JSON
`},
	"cache": {"[clean [-all]]", `
Cache lists the assembled GOROOTs with their size and last use, the one that the
link "current" points to marked with a star.

	cache clean [-all]  remove them; with -all the build cache too

A GOROOT that was not used for a month goes by itself. To empty only the build
cache, run 'ziobuild clean -cache', as with go.
`},
	"bug": {"[ARGS]", `
Bug prints a report of something that went wrong, for whoever is to look at it.
ARGS is the command line that did, after the word ziobuild: the report begins
with it. Versions, settings, and what doctor finds are filled in. It goes to the
standard output and nowhere else, unlike that of go bug ('ziobuild go bug').
`},
	"matrix": {"[-run GLOB] [-runner NAME] [-kernel GLOB] [-short] [-json FILE] [-logs DIR] [-tests PATTERN] [-fresh] [-j N] [-n | -github] [packages]", `
Matrix builds for every port, GOOS and GOARCH in the variants that matter, with the
patched toolchain and with the base, runs it with each thing on this machine that
can, and prints a table: what became of it, and of the base. From a checkout it
tests programs that check the poller, and Go's own packages. A failure counts if
the base does not have it. What a tool is missing for is not-run, never pass; the
last line begins with "matrix complete". The exit code is 1 if something failed, and
3 if nothing could be run.

	-run GLOB     only these ports: linux/arm64, arm64, linux/*, or a variant as in
	              linux/arm:GOARM=5
	-runner NAME  only these runners: native, qemu-user, qemu-system, wine, wasm,
	              compile
	-kernel GLOB  only guests of qemu-system with these kernels, as in 6.1-arm64
	-short        what a commit should pass: no variants and one or two kernels, unless
	              they are named, and the important tests
	-json FILE    write the report, with all versions, to a file
	-logs DIR     folder for the output of what failed (default: a temporary one)
	-tests PATTERN  of the packages that are named, only these tests
	-fresh        repeat what passed on the base in an earlier run, too
	-j N          jobs at a time (default: one for each processor)
	-n            print the plan and do nothing
	-github       print the plan as a job matrix for GitHub Actions

Lists are separated by commas. Packages take the place of what is tested else.
scripts/emulators.sh installs the emulators, docs/platforms.md has the rest.
`},
	"version": {"", `
Version prints what go version prints, and then ziobuild's own version, the
revision that binaries carry, and the name of the GOROOT in the cache. With
arguments it is go version.
`},
	"patch": {"list|verify|edit|extract|rebase|pin", `
	list                  print number, changed lines, files and subject of each patch
	verify [-build]       check the series strictly against the base release;
	                      -build also compiles std after every patch
	edit DIR              make a git repository of the base release (tag zio-base) with
	                      a commit per patch; DIR is a GOROOT that works
	extract DIR           write patches/ from the commits of such a repository
	rebase RELEASE        report which patches apply to another upstream release
	rebase RELEASE -apply move the series to it by three-way merges: patches/, its
	                      ledger and GOBASE are written, or it stops at a conflict
	                      with what to type next
	pin                   write GOBASE's hashes for all hosts anew, from the checksum
	                      database

They work on the checkout that holds the current directory.
`},
}

// subUsage is the arguments of the commands that have two words.
var subUsage = map[string]string{
	"cache clean":   "[-all]",
	"patch list":    "",
	"patch verify":  "[-build]",
	"patch edit":    "DIR",
	"patch extract": "DIR",
	"patch rebase":  "RELEASE [-apply]",
	"patch pin":     "",
}

// help prints ziobuild's own topics and leaves the others to go.
func (a *app) help(args []string) error {
	if len(args) == 0 {
		a.printHelp(a.stdout)
		return nil
	}
	name := args[0]
	t, ok := topics[name]
	if !ok || name == "version" && bypassed() {
		return a.passThrough(append([]string{"help"}, args...))
	}
	if len(args) > 1 && name != "patch" {
		return usageError(fmt.Sprintf("help %s: unknown help topic. Run 'ziobuild help'.", strings.Join(args, " ")))
	}
	fmt.Fprintf(a.stdout, "usage: %s\n%s", strings.TrimSpace("ziobuild "+name+" "+t.usage), t.text)
	return nil
}

func (a *app) printHelp(w io.Writer) { fmt.Fprint(w, usage) }

// flags returns the flag set of one of ziobuild's own commands. A command of
// patch is named "patch list".
func flags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	return fs
}

// parse parses own flags and checks the number of arguments left, which is any
// if want is negative.
func parse(fs *flag.FlagSet, args []string, want int) error {
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return usageOf(fs.Name())
	case err != nil:
		return usageError(fmt.Sprintf("%s: %v\n%s", fs.Name(), err, usageOf(fs.Name())))
	case want >= 0 && fs.NArg() > want:
		return usageError(fmt.Sprintf("%s: unexpected argument %q\n%s", fs.Name(), fs.Arg(want), usageOf(fs.Name())))
	case fs.NArg() < want:
		return usageOf(fs.Name())
	}
	return nil
}

// usageOf is what a command says that was typed wrong, in the form of go's.
func usageOf(name string) usageError {
	verb, _, ok := strings.Cut(name, " ")
	u := topics[verb].usage
	if ok {
		u = subUsage[name]
	}
	return usageError(fmt.Sprintf("usage: %s\nRun 'ziobuild help %s' for details.", strings.TrimSpace("ziobuild "+name+" "+u), verb))
}
