//go:build unix

// Package filelock is a lock between processes that ends with its holder.
package filelock

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// A Lock is a held lock.
type Lock struct{ f *os.File }

// Acquire takes the lock on the named file, which it creates. If another
// process holds it, Acquire calls wait once and then blocks.
func Acquire(name string, wait func()) (*Lock, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	how := unix.LOCK_EX | unix.LOCK_NB
	for {
		err := unix.Flock(int(f.Fd()), how)
		switch {
		case err == nil:
			// Who had it may have removed it.
			a, err1 := f.Stat()
			b, err2 := os.Stat(name)
			if err1 != nil || err2 != nil || !os.SameFile(a, b) {
				f.Close()
				return nil, fmt.Errorf("lock %s: %w", name, ErrRemoved)
			}
			return &Lock{f}, nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK) && how&unix.LOCK_NB != 0:
			how = unix.LOCK_EX
			wait()
		default:
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", name, err)
		}
	}
}

// Release gives the lock up. The file stays, unless its holder removed it before
// this call.
func (l *Lock) Release() { l.f.Close() }
