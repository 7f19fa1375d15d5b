package kernel

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// An Archive writes an initramfs: a cpio archive of the form newc.
type Archive struct {
	w    *bufio.Writer
	n    int64 // written
	ino  int
	dirs map[string]bool
	err  error
}

// NewArchive returns an archive that is written to w.
func NewArchive(w io.Writer) *Archive {
	return &Archive{w: bufio.NewWriterSize(w, 1<<20), dirs: map[string]bool{"": true, ".": true}}
}

const (
	modeDir  = 0o040000
	modeFile = 0o100000
	modeLink = 0o120000
	modeChar = 0o020000
)

func (a *Archive) header(name string, mode uint32, size int64, major, minor int) {
	a.ino++
	nlink := 1
	if mode&modeDir != 0 {
		nlink = 2
	}
	// magic, ino, mode, uid, gid, nlink, mtime, size, device, device of the node,
	// length of the name, checksum
	a.print(fmt.Sprintf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\x00",
		a.ino, mode, 0, 0, nlink, 0, size, 0, 0, major, minor, len(name)+1, 0, name))
	a.pad()
}

func (a *Archive) print(s string) {
	n, err := a.w.WriteString(s)
	a.n += int64(n)
	if a.err == nil {
		a.err = err
	}
}

func (a *Archive) pad() {
	if n := int(-a.n & 3); n > 0 {
		a.print("\x00\x00\x00"[:n])
	}
}

// Dir adds a folder and those that it is in.
func (a *Archive) Dir(name string, perm uint32) {
	name = strings.Trim(name, "/")
	if a.dirs[name] {
		return
	}
	a.dirs[name] = true
	a.Dir(path.Dir(name), 0o755)
	a.header(name, modeDir|perm, 0, 0, 0)
}

// File adds a file with this content.
func (a *Archive) File(name string, perm uint32, data []byte) {
	name = strings.Trim(name, "/")
	a.Dir(path.Dir(name), 0o755)
	a.header(name, modeFile|perm, int64(len(data)), 0, 0)
	a.print(string(data))
	a.pad()
}

// Copy adds a file of this machine.
func (a *Archive) Copy(name string, perm uint32, from string) {
	f, err := os.Open(from)
	if err != nil {
		a.fail(err)
		return
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		a.fail(err)
		return
	}
	name = strings.Trim(name, "/")
	a.Dir(path.Dir(name), 0o755)
	a.header(name, modeFile|perm, fi.Size(), 0, 0)
	n, err := io.CopyN(a.w, f, fi.Size())
	a.n += n
	a.fail(err)
	a.pad()
}

// Link adds a symbolic link.
func (a *Archive) Link(name, target string) {
	name = strings.Trim(name, "/")
	a.Dir(path.Dir(name), 0o755)
	a.header(name, modeLink|0o777, int64(len(target)), 0, 0)
	a.print(target)
	a.pad()
}

// Device adds a character device.
func (a *Archive) Device(name string, perm uint32, major, minor int) {
	name = strings.Trim(name, "/")
	a.Dir(path.Dir(name), 0o755)
	a.header(name, modeChar|perm, 0, major, minor)
}

func (a *Archive) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

// Close ends the archive.
func (a *Archive) Close() error {
	a.header("TRAILER!!!", 0, 0, 0, 0)
	a.fail(a.w.Flush())
	return a.err
}
