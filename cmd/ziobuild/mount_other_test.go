//go:build !linux

package main

import "errors"

func canMount() bool { return false }

func mountTmpfs(dir, size string) (undo func(), err error) {
	return nil, errors.New("only Linux has tmpfs")
}
