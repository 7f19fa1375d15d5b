// Package zio carries the inputs of the patched toolchain: the pin of the
// upstream release (GOBASE), the patch series (patches/) and the new source
// files (src/). The command ziobuild embeds it, so that an installed ziobuild
// needs no checkout.
package zio

import "embed"

// Files holds GOBASE, patches/ and src/ as they were when the command was built.
//
// The all: prefix keeps files whose names begin with a dot or an underscore,
// which the go command ignores when it builds but which belong to the tree.
//
//go:embed GOBASE all:patches all:src
var Files embed.FS
