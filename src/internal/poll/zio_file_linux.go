// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package poll

import (
	"internal/race"
	"internal/syscall/unix"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Regular files. A read at an offset that would wait for the disk, and any with
// O_DIRECT, is given to the submission core, and its goroutine parks; upstream
// holds a thread for each. What is in the page cache is read at once.

// zioDisk is the state of a regular file. It is made by the first operation that
// the core may perform.
type zioDisk struct {
	direct bool        // O_DIRECT: no read is short of waiting; constant
	off    atomic.Bool // operations are upstream's, but for their deadlines
	timed  atomic.Bool // it has had a deadline, and has a pollDesc

	zioLateDesc // made when an operation is to be in flight, or for a deadline
}

// zioReading is how many goroutines wait for a file to be read. Who is alone reads as
// upstream does: a thread that waits costs less than to park and to poll, 31 us of
// CPU time and not 39, and one thread is no burden. Bench row direct-1.
var zioReading atomic.Int32

// zioNoFlights says that the backend has no operations in flight, which does not change.
var zioNoFlights atomic.Bool

// Operations, as in runtime/zio.go.
const (
	zioOpRead  = 3
	zioOpWrite = 4
	zioOpSync  = 5
)

func runtime_zioFileCan() bool
func runtime_zioFileOpen(fd uintptr) (uintptr, int)

// The buffers are not kept after the call.
//
//go:noescape
func runtime_zioPreadNow(call uintptr, fd int32, p unsafe.Pointer, n int, off int64) int

//go:noescape
func runtime_zioFileOp(ctx uintptr, code uint8, p unsafe.Pointer, n int, off int64) int

// zioDisk returns the state of fd if the core may perform its operations, nil if all
// is as upstream. The caller holds a reference to fd.
func (fd *FD) zioDisk() *zioDisk {
	if zioNoFlights.Load() {
		return nil
	}
	d := fd.zioDiskState()
	if d.off.Load() {
		return nil
	}
	return d
}

// zioDiskState returns the state of fd.
func (fd *FD) zioDiskState() *zioDisk {
	d := fd.zio.disk.Load()
	if d == nil {
		d = &zioDisk{}
		flags, err := unix.Fcntl(fd.Sysfd, syscall.F_GETFL, 0)
		d.direct = err == nil && flags&syscall.O_DIRECT != 0
		// A file that can be polled, or might be, is on a file system in user
		// space, whose operations io_uring gives to worker threads, of which
		// there are few.
		can := runtime_zioAnyCall() && runtime_zioFileCan()
		if !can {
			zioNoFlights.Store(true)
		}
		d.off.Store(err != nil || !fd.zio.regular || !can)
		if !fd.zio.disk.CompareAndSwap(nil, d) {
			d = fd.zio.disk.Load()
		}
	}
	return d
}

// zioLate returns the error of an operation on a regular file whose deadline for mode
// has passed, nil if it has not.
func (fd *FD) zioLate(mode int) error {
	if d := fd.zio.disk.Load(); d != nil && d.timed.Load() {
		return convertErr(runtime_pollReset(d.ctx.Load(), mode), true)
	}
	return nil
}

// zioDiskDeadline returns the pollDesc for a deadline of a regular file. An operation
// that begins after it fails; one in flight is ended, if the disk has not begun with it;
// one that a thread performs goes on, as upstream's.
func (fd *FD) zioDiskDeadline() uintptr {
	if !runtime_zioOn() {
		return 0
	}
	d := fd.zioDiskState()
	ctx, _ := d.get(fd, runtime_zioFileOpen)
	d.timed.Store(ctx != 0)
	return ctx
}

// zioRefused returns the error of an operation on a file that would wait, if the scope
// of the goroutine is canceled, and whether there is a scope that may be. What a
// thread waits for cannot be ended, so operations in a scope are in flight.
func zioRefused() (scoped bool, err error) {
	scoped, canceled := runtime_zioScoped()
	if canceled {
		err = ScopeError(false)
	}
	return scoped, err
}

// perform performs an operation in flight, with the results of the runtime.
func (d *zioDisk) perform(fd *FD, code uint8, p []byte, off int64) int {
	ctx, err := d.get(fd, runtime_zioFileOpen)
	if err != nil {
		return zioRedo
	}
	return runtime_zioFileOp(ctx, code, unsafe.Pointer(unsafe.SliceData(p)), len(p), off)
}

// zioPread is Pread of a file. If ok is false nothing was done, and Pread must go on by
// itself. The caller holds a reference to fd.
func (fd *FD) zioPread(p []byte, off int64) (n int, err error, ok bool) {
	if !fd.zioPlaced() || off < 0 {
		return 0, nil, false
	}
	if err := fd.zioLate('r'); err != nil {
		return 0, err, true
	}
	d := fd.zioDisk()
	if d == nil || len(p) == 0 || len(p) > maxRW {
		n, err = fd.zioFileRead(p, off)
		return max(n, 0), err, true
	}
	if !d.direct {
		if n = runtime_zioPreadNow(zioPreadv2, int32(fd.Sysfd), unsafe.Pointer(&p[0]), len(p), off); n == zioRedo {
			n, err = zioVec(zioPreadv2, fd.Sysfd, p, off)
		} else if n < 0 {
			err = errnoErr(syscall.Errno(-n))
		}
		switch err {
		case nil:
			syscall_zioDidRead(p[:n])
			if n == len(p) || n == 0 {
				return n, nil, true
			}
			// The rest is not in the page cache, or the file ends here.
		case syscall.EAGAIN:
			n = 0
		case syscall.EOPNOTSUPP, syscall.ENOSYS, syscall.EPERM, syscall.EACCES:
			d.off.Store(true)
			fallthrough
		default:
			n, err = fd.zioFileRead(p, off) // the error comes again
			return max(n, 0), err, true
		}
	}
	r := zioRedo
	scoped, refused := zioRefused()
	if refused != nil && n == 0 {
		return 0, refused, true
	}
	if zioReading.Add(1) > 1 || d.timed.Load() || scoped {
		r = d.perform(fd, zioOpRead, p[n:], off+int64(n))
	}
	defer zioReading.Add(-1)
	if r == zioRedo {
		r, err = fd.zioFileRead(p[n:], off+int64(n))
	} else if r < 0 {
		err = fd.zioError(r)
	} else {
		err = nil
		syscall_zioDidRead(p[n : n+r])
	}
	if r > 0 {
		n += r
	}
	if n > 0 {
		err = nil
	}
	return n, err, true
}

// zioPwrite is one write of Pwrite to a file. If ok is false nothing was done. The
// caller holds a reference to fd.
func (fd *FD) zioPwrite(p []byte, off int64) (n int, err error, ok bool) {
	if !fd.zioPlaced() || off < 0 {
		return 0, nil, false
	}
	if err := fd.zioLate('w'); err != nil {
		return 0, err, true
	}
	if d := fd.zioDisk(); d != nil && d.direct && len(p) > 0 {
		if _, err := zioRefused(); err != nil {
			return 0, err, true
		}
		if race.Enabled {
			syscall_zioWillWrite()
		}
		switch r := d.perform(fd, zioOpWrite, p, off); {
		case r >= 0:
			syscall_zioDidWrite(p[:r])
			return r, nil, true
		case r != zioRedo:
			return 0, fd.zioError(r), true
		}
	}
	if err := fd.zioEnter(fd.zioHeavy(len(p))); err != nil {
		return 0, err, true
	}
	n, err = syscall.Pwrite(fd.Sysfd, p, off)
	zioLeave()
	return n, err, true
}

// zioFsync is Fsync of a file. If ok is false nothing was done. The caller
// holds a reference to fd.
//
// The kernel gives each fsync of a ring to a worker thread, which costs more than a
// thread of ours: 8 goroutines that append and sync 8 files do it 17 thousand times
// a second with 54 us of CPU time, and 14 thousand with 91. So a file is synced so only
// where a deadline or a scope could end it. Bench row fsync-64.
func (fd *FD) zioFsync() (err error, ok bool) {
	if !fd.zioPlaced() {
		return nil, false
	}
	scoped, err := zioRefused()
	if err == nil {
		err = fd.zioLate('w')
	}
	if err != nil {
		return err, true
	}
	if d := fd.zioDisk(); d != nil && (d.timed.Load() || scoped) {
		switch r := d.perform(fd, zioOpSync, nil, 0); {
		case r >= 0:
			return nil, true
		case r != zioRedo:
			return fd.zioError(r), true
		}
	}
	heavy := fd.zio.place.dirty.Load() && fd.zio.place.dirty.Swap(false)
	if heavy {
		err = fd.zioEnter(true)
	} else {
		err = fd.zioEnterSync()
	}
	if err != nil {
		return err, true
	}
	err = ignoringEINTR(func() error { return zioFsyncCall(fd.Sysfd, heavy) })
	zioLeave()
	return err, true
}
