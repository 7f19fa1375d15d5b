//go:build unix

package goroot

import (
	"errors"

	"golang.org/x/sys/unix"
)

func isNoSpace(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}

// errNoSpace stands for a full disk that a child process reported.
var errNoSpace error = unix.ENOSPC

func isReadOnly(err error) bool { return errors.Is(err, unix.EROFS) }
