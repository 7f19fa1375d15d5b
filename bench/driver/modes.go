package main

import (
	"slices"
	"strings"
)

// session is a mode at work on its connections.
type session interface {
	// run handles n messages and returns how many it did, with none in
	// flight any more.
	run(n int64) (int64, error)
	// figures adds what only this mode knows of the last run.
	figures(v map[string]float64)
	// end closes the connections in order and returns how many messages
	// there were in all.
	end() (int64, error)
}

// modes is filled by init functions beside each mode.
var modes = map[string]func(*config) (session, error){}

func modeNames() string {
	var names []string
	for n := range modes {
		names = append(names, n)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
