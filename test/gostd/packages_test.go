package main

import (
	"slices"
	"testing"
)

func TestPlan(t *testing.T) {
	packages := []string{"net", "bufio", "os"}
	for race, want := range map[string][]string{
		"off":  {"net", "bufio", "os"},
		"also": {"net", "bufio", "os", "net -race", "os -race"},
		"only": {"net -race", "bufio -race", "os -race"},
	} {
		var got []string
		for _, u := range plan(packages, race) {
			got = append(got, u.Name())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", race, got, want)
		}
	}
}
