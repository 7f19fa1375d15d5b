package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// bug prints a report to fill in: what was typed, versions, what doctor says,
// and the settings that decide what is built. It sends nothing.
func (a *app) bug(args []string) error {
	if len(args) > 0 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
		return usageOf("bug")
	}
	in, err := a.inputs()
	if err != nil {
		return err
	}
	typed := "ziobuild ..."
	if len(args) > 0 {
		typed = commandLine(append([]string{"ziobuild"}, args...))
	}
	fmt.Fprintf(a.stdout, "<!-- Look this over before you send it: it holds names of files. -->\n\n"+
		"### What was typed\n\n```\n%s\n```\n\n"+
		"### What happened, and what should have\n\n\n\n"+
		"### Does it happen with `GODEBUG=zio=off`, `GODEBUG=zio=epoll`, and stock %s (`ZIOBUILD_BYPASS=1`)?\n\n\n\n", typed, in.Pin.Release)

	var doc bytes.Buffer
	version := func() error { return a.version() }
	for _, part := range []struct {
		name string
		run  func() error
	}{{"ziobuild version", version}, {"ziobuild doctor", func() error { return a.doctor(nil) }}} {
		doc.Reset()
		out := a.stdout
		a.stdout = &doc
		err := part.run()
		a.stdout = out
		// Doctor's exit code is in its lines.
		if _, ok := err.(exitCode); err != nil && !ok {
			fmt.Fprintf(&doc, "%v\n", err)
		}
		fmt.Fprintf(a.stdout, "### %s\n\n```\n%s\n```\n\n", part.name, strings.TrimSpace(doc.String()))
	}
	fmt.Fprintf(a.stdout, "### Settings\n\n```\nprocessors %d\n", runtime.NumCPU())
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		switch name {
		case "GODEBUG", "GOFLAGS", "GOEXPERIMENT", "GOMAXPROCS", "GOOS", "GOARCH", "GOAMD64", "CGO_ENABLED", "CC",
			"GOTOOLCHAIN", "GOROOT", "GOWORK", "GO111MODULE", "ZIOBUILD_CACHE", "ZIOBUILD_GO", "ZIOBUILD_BYPASS", "ZIOBUILD_TIMEOUT":
			fmt.Fprintln(a.stdout, kv)
		}
	}
	fmt.Fprintln(a.stdout, "```")
	return nil
}

// commandLine is what a shell would need to see.
func commandLine(args []string) string {
	var words []string
	for _, arg := range args {
		if arg == "" || strings.ContainsAny(arg, " \t\n\"'`$\\*?[]#~&;|<>(){}!") {
			arg = strconv.Quote(arg)
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}
