// Package disk is what tests and benchmarks of files share.
package disk

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Page is what O_DIRECT wants addresses, offsets and lengths to be multiples of.
const Page = 4096

// Aligned returns n bytes at an address that O_DIRECT takes.
func Aligned(n int) []byte {
	b := make([]byte, n+Page)
	skip := int(-uintptr(unsafe.Pointer(&b[0])) & (Page - 1))
	return b[skip : skip+n]
}

// Forget takes a file out of the page cache, as far as it has been written to the
// disk.
func Forget(f *os.File) error { return advise(f, unix.FADV_DONTNEED) }

// Random says that a file is not read in order, so that nothing is read ahead.
func Random(f *os.File) error { return advise(f, unix.FADV_RANDOM) }

func advise(f *os.File, advice int) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var errno error
	if err := raw.Control(func(fd uintptr) { errno = unix.Fadvise(int(fd), 0, 0, advice) }); err != nil {
		return err
	}
	return errno
}
