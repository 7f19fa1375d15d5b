// Package fuse serves a file system of numbered files in user space, for tests and
// benchmarks of files that are slow, wait for each other or fail. It knows just enough of
// the kernel's protocol (linux/fuse.h) for that.
package fuse

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// FS is a file system: a directory of files that are named by their numbers, from 0
// on. Each call of its functions has a goroutine of its own and may take its time. What
// is nil answers EROFS; an error that is no syscall.Errno is EIO to the reader.
type FS struct {
	Files int
	Size  int64 // of each file, as stat says

	Open  func(file int) error // nil: at once
	Read  func(file int, b []byte, off int64) (int, error)
	Write func(file int, b []byte, off int64) (int, error)
	Sync  func(file int) error
}

// A Server serves a FS until it is closed.
type Server struct {
	fs  FS
	dir string
	dev int
	end chan struct{}

	calls sync.WaitGroup // of functions of fs
}

// Mount mounts fs at the directory dir and serves it. It needs /dev/fuse and the right
// to mount. Whoever uses the files must not be killed while it waits for a server in the
// same process, which then cannot end.
func Mount(dir string, fs FS) (*Server, error) {
	// In blocking mode: who registers a file with a poller waits for the server, with
	// that poller locked.
	dev, err := syscall.Open("/dev/fuse", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("open /dev/fuse", err)
	}
	opts := fmt.Sprintf("fd=%d,rootmode=40000,user_id=%d,group_id=%d", dev, os.Getuid(), os.Getgid())
	if err := syscall.Mount("zio", dir, "fuse", syscall.MS_NOSUID|syscall.MS_NODEV, opts); err != nil {
		syscall.Close(dev)
		return nil, os.NewSyscallError("mount", err)
	}
	s := &Server{fs: fs, dir: dir, dev: dev, end: make(chan struct{})}
	go s.serve()
	if err := s.refusePoll(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// refusePoll has the kernel ask once whether files can be polled, and hear that they
// cannot. It asks when a file is registered with a poller, and the runtime does that in a
// way that keeps the P, which this server may need.
func (s *Server) refusePoll() error {
	f, err := syscall.Open(filepath.Join(s.dir, pollName), syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("open", err)
	}
	defer syscall.Close(f)
	_, err = unix.Poll([]unix.PollFd{{Fd: int32(f), Events: unix.POLLIN}}, 0)
	return os.NewSyscallError("poll", err)
}

// Close unmounts the file system and waits for its functions. Operations that wait for an
// answer fail.
func (s *Server) Close() error {
	err := Unmount(s.dir)
	<-s.end
	s.calls.Wait()
	return errors.Join(err, syscall.Close(s.dev))
}

// Unmount unmounts what is mounted at dir, whoever uses it. Operations that wait for an
// answer fail.
func Unmount(dir string) error {
	if syscall.Unmount(dir, syscall.MNT_FORCE) == nil {
		return nil
	}
	return os.NewSyscallError("umount", syscall.Unmount(dir, syscall.MNT_DETACH))
}

const (
	opLookup      = 1
	opForget      = 2
	opGetattr     = 3
	opSetattr     = 4
	opOpen        = 14
	opRead        = 15
	opWrite       = 16
	opRelease     = 18
	opFsync       = 20
	opFlush       = 25
	opInit        = 26
	opOpendir     = 27
	opReaddir     = 28
	opReleasedir  = 29
	opDestroy     = 38
	opBatchForget = 42

	inHeader  = 40
	outHeader = 16
	maxWrite  = 128 << 10
	directIO  = 1 // FOPEN_DIRECT_IO: nothing is in the page cache
	root      = 1 // number of the directory; a file's is its name + firstFile
	firstFile = 2
	pollName  = ".poll" // a file that is there for refusePoll
	pollNode  = 1 << 30
	valid     = 3600 // seconds that the kernel may keep names and attributes
)

var le = binary.NativeEndian

func (s *Server) serve() {
	defer close(s.end)
	buf := make([]byte, maxWrite+4096)
	for {
		n, err := syscall.Read(s.dev, buf)
		switch {
		case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.EINTR):
			continue // the request was taken back
		case err != nil || n < inHeader:
			return // unmounted
		}
		r := request{s: s, op: le.Uint32(buf[4:]), unique: le.Uint64(buf[8:]), node: le.Uint64(buf[16:])}
		r.in = append([]byte(nil), buf[inHeader:n]...)
		switch r.op {
		case opForget, opBatchForget:
		case opOpen, opRead, opWrite, opFsync:
			if r.node == pollNode {
				r.answer(nil, make([]byte, 16))
				continue
			}
			s.calls.Go(r.file)
		default:
			r.meta()
		}
	}
}

type request struct {
	s      *Server
	op     uint32
	unique uint64
	node   uint64
	in     []byte
}

// answer ends a request. What the kernel says to it does not matter: the file system
// may be gone.
func (r *request) answer(err error, data []byte) {
	out := make([]byte, outHeader, outHeader+len(data))
	if err != nil {
		errno := syscall.EIO
		errors.As(err, &errno)
		le.PutUint32(out[4:], uint32(-int32(errno)))
		data = nil
	}
	le.PutUint64(out[8:], r.unique)
	out = append(out, data...)
	le.PutUint32(out, uint32(len(out)))
	syscall.Write(r.s.dev, out)
}

// meta answers what takes no time.
func (r *request) meta() {
	switch r.op {
	case opInit:
		out := make([]byte, 64)
		le.PutUint32(out[0:], 7)
		le.PutUint32(out[4:], 31)
		le.PutUint32(out[8:], maxWrite)  // readahead
		le.PutUint16(out[16:], 1<<16-1)  // requests in the background
		le.PutUint16(out[18:], 1<<16-1)  // that congest
		le.PutUint32(out[20:], maxWrite) // bytes of a write
		r.answer(nil, out)
	case opLookup:
		name := string(r.in[:max(0, len(r.in)-1)])
		i, err := strconv.Atoi(name)
		if name == pollName {
			i, err = pollNode-firstFile, nil
		} else if err != nil || i < 0 || i >= r.s.fs.Files {
			r.answer(syscall.ENOENT, nil)
			return
		}
		out := make([]byte, 40)
		le.PutUint64(out, uint64(i+firstFile))
		le.PutUint64(out[16:], valid)
		le.PutUint64(out[24:], valid)
		r.answer(nil, append(out, r.s.attr(uint64(i+firstFile))...))
	case opGetattr, opSetattr:
		out := make([]byte, 16)
		le.PutUint64(out, valid)
		r.answer(nil, append(out, r.s.attr(r.node)...))
	case opOpendir:
		r.answer(nil, make([]byte, 16))
	case opReaddir, opRelease, opReleasedir, opFlush, opDestroy:
		r.answer(nil, nil) // a directory looks empty
	default:
		r.answer(syscall.ENOSYS, nil)
	}
}

// attr returns a struct fuse_attr.
func (s *Server) attr(node uint64) []byte {
	out := make([]byte, 88)
	mode, size := uint32(syscall.S_IFREG|0o666), s.fs.Size
	if node == root {
		mode, size = syscall.S_IFDIR|0o777, 0
	}
	le.PutUint64(out[0:], node)
	le.PutUint64(out[8:], uint64(size))
	le.PutUint32(out[60:], mode)
	le.PutUint32(out[64:], 1) // links
	le.PutUint32(out[80:], 4096)
	return out
}

// file answers what a function of the FS does.
func (r *request) file() {
	file, fs := int(r.node)-firstFile, &r.s.fs
	err := error(syscall.EROFS)
	var n int
	var out []byte
	switch {
	case r.op == opOpen:
		err = nil
		if fs.Open != nil {
			err = fs.Open(file)
		}
		out = make([]byte, 16)
		le.PutUint32(out[8:], directIO)
	case r.op == opRead && fs.Read != nil:
		out = make([]byte, le.Uint32(r.in[16:]))
		n, err = fs.Read(file, out, int64(le.Uint64(r.in[8:])))
		out = out[:max(n, 0)]
	case r.op == opWrite && fs.Write != nil:
		n, err = fs.Write(file, r.in[40:], int64(le.Uint64(r.in[8:])))
		out = make([]byte, 8)
		le.PutUint32(out, uint32(n))
	case r.op == opFsync && fs.Sync != nil:
		err = fs.Sync(file)
	}
	r.answer(err, out)
}
