//go:build zio

// Scopes times package zio, and what programs do without it, and prints the results as
// one line of JSON. Everything is compared inside of this process.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	what := map[string]func(out map[string]float64){
		"plain": plain, "timeout": timeouts, "group": groups, "cancel": cancels,
	}
	if len(os.Args) != 2 || what[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: scopes plain|timeout|group|cancel")
		os.Exit(2)
	}
	out := map[string]float64{}
	what[os.Args[1]](out)
	line, err := json.Marshal(out)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", line)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
