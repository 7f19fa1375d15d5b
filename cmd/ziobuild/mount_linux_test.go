package main

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// canMount reports whether this process may mount, for the tests of a full and
// of a read-only disk. They are skipped where it may not.
var canMount = sync.OnceValue(func() bool {
	if os.Geteuid() != 0 {
		return false
	}
	dir, err := os.MkdirTemp("", "ziobuild-mount-")
	if err != nil {
		return false
	}
	defer os.Remove(dir)
	undo, err := mountTmpfs(dir, "64k")
	if err == nil {
		undo()
	}
	return err == nil
})

// mountTmpfs mounts a tmpfs of that size, or remounts one that is there
// read-only if the size is "ro".
func mountTmpfs(dir, size string) (undo func(), err error) {
	if size == "ro" {
		return func() {}, unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, "")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		return nil, err
	}
	return func() { unix.Unmount(dir, unix.MNT_DETACH) }, nil
}
