// Package filelock is a lock between processes that ends with its holder.
package filelock

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
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
	flags := uint32(windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY)
	for {
		err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, new(windows.Overlapped))
		if err == nil {
			return &Lock{f}, nil
		}
		if errors.Is(err, windows.ERROR_LOCK_VIOLATION) && flags&windows.LOCKFILE_FAIL_IMMEDIATELY != 0 {
			flags = windows.LOCKFILE_EXCLUSIVE_LOCK
			wait()
			continue
		}
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
}

// Release gives the lock up.
func (l *Lock) Release() { l.f.Close() }
