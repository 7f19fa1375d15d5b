package main

import (
	"slices"
	"strings"

	"github.com/zio-go/zio/bench/internal/wire"
)

// modes is filled by init functions beside each mode.
var modes = map[string]func(*config) (*wire.Result, error){}

func modeNames() string {
	var names []string
	for n := range modes {
		names = append(names, n)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
