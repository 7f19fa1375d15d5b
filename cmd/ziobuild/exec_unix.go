//go:build unix

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// execGo becomes the go command, so that signals, job control and the exit
// code are exactly those of go. It only returns if that fails.
func execGo(path string, args, env []string) error {
	return fmt.Errorf("exec %s: %w", path, unix.Exec(path, append([]string{"go"}, args...), env))
}

// writable reports whether files can be made in dir or, where that is not
// there yet, in the folder that would hold it.
func writable(dir string) bool {
	for {
		err := unix.Access(dir, unix.W_OK)
		if errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir {
			dir = filepath.Dir(dir)
			continue
		}
		return err == nil
	}
}
