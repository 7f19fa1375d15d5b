package main

import (
	"fmt"
	"slices"
	"strings"
)

// side is one of the things that are compared.
type side struct {
	name    string
	kind    string // "stock" and "zio" are built from bench/servers; "c" and "gnet" only echo
	backend string // the value of GODEBUG=zio=
}

var allSides = []side{
	{"stock", "stock", ""},
	{"io_uring", "zio", "io_uring"},
	{"epoll", "zio", "epoll"},
	{"poll", "zio", "poll"},
	{"off", "zio", "off"},
	{"auto", "zio", "auto"}, // what a user has; not among the default sides
	{"gnet", "gnet", ""},
	{"c-epoll", "c", ""},
	{"c-uring", "c", ""},
}

const defaultSides = "stock,io_uring,epoll,poll,off,gnet,c-epoll,c-uring"

func pickSides(list string) ([]side, error) {
	var out []side
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(allSides, func(s side) bool { return s.name == name })
		if i < 0 {
			var have []string
			for _, s := range allSides {
				have = append(have, s.name)
			}
			return nil, fmt.Errorf("no side %q (have %s)", name, strings.Join(have, ", "))
		}
		out = append(out, allSides[i])
	}
	return out, nil
}

// plays says whether a side takes part in a case.
func (s side) plays(c *bcase) bool {
	if c.only != "" {
		return s.kind == c.only
	}
	return s.kind == "stock" || s.kind == "zio" || c.limits
}

// binary builds what the side runs in a case.
func (s side) binary(b *builder, c *bcase) (string, error) {
	if c.program == "" {
		return "", nil
	}
	switch s.kind {
	case "c":
		return b.limit(strings.Replace(s.name, "c-", "", 1) + "_echo")
	case "gnet":
		return b.gnet()
	}
	return b.program(s.kind, c.program)
}

// env is the environment of a measured process.
func (s side) env(procs int, godebug string) []string {
	set := []string{fmt.Sprint("GOMAXPROCS=", procs), "GOTRACEBACK=all"}
	var debug []string
	if s.backend != "" {
		debug = append(debug, "zio="+s.backend)
		if godebug != "" {
			debug = append(debug, godebug)
		}
	}
	if len(debug) > 0 {
		set = append(set, "GODEBUG="+strings.Join(debug, ","))
	}
	return environ(set...)
}
