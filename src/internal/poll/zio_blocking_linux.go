// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package poll

import (
	"internal/goarch"
	"internal/race"
	"internal/syscall/unix"
	"io"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Files that came in in blocking mode: standard input and output, terminals,
// pipes that a parent made. Upstream reads and writes them with a thread that
// waits in the kernel, and knows no deadlines for them.
//
// Their mode must stay as it is: it belongs to the file description, which
// may be shared with a shell or a parent. So the core makes calls that cannot
// wait, and where one would, the goroutine parks until the poller says that
// the file is ready.
//
// Pipes and sockets have such calls: preadv2(2) and pwritev2(2) with RWF_NOWAIT.
// For terminals and other devices poll(2) tells whether a read or write would
// wait. Who else uses the same terminal may take away what poll(2) saw, and a
// terminal may take less than is written; then the thread waits, as upstream's.

// zioBlocking is the state of such a file. It is made by the first operation.
type zioBlocking struct {
	how atomic.Uint32 // one of the constants below; only changes to a later one

	zioLateDesc // made when somebody has to wait or sets a deadline

	// timed says that the file has had a deadline.
	timed atomic.Bool

	reading, writing zioLinger
}

// How a file in blocking mode is read and written.
const (
	zioNowait    = iota // by calls that do not wait
	zioPollFirst        // after poll(2)
	zioUpstream         // as upstream does
)

func runtime_zioOn() bool
func runtime_zioChild(ctx uintptr)
func runtime_zioAnyCall() bool

// ZioParks reports whether this goroutine parks to wait for a process, and does not block
// as upstream's: with the submission core, and in a scope.
func ZioParks() bool {
	serverInit.Do(runtime_pollServerInit)
	scoped, _ := runtime_zioScoped()
	return scoped || runtime_zioOn()
}

// ZioInit registers a descriptor with the runtime poller that is the pidfd of a
// process, and reports whether it could. RawRead is then what waits for
// it, and Close closes it.
func (fd *FD) ZioInit() bool {
	serverInit.Do(runtime_pollServerInit)
	fd.isFile = true
	if fd.pd.init(fd) != nil {
		return false
	}
	runtime_zioChild(fd.pd.runtimeCtx)
	return true
}

// zioBlocking returns the state of fd if it is in blocking mode since Init, nil
// if all is as upstream. The caller holds a reference to fd.
func (fd *FD) zioBlocking() *zioBlocking {
	if !fd.zio.handed {
		return nil
	}
	b := fd.zio.blocking.Load()
	if b == nil {
		b = &zioBlocking{}
		b.how.Store(fd.zioHow())
		if !fd.zio.blocking.CompareAndSwap(nil, b) {
			b = fd.zio.blocking.Load()
		}
	}
	if b.how.Load() == zioUpstream {
		return nil
	}
	return b
}

// zioHow says how fd is to be read and written, and whether that takes a place.
func (fd *FD) zioHow() uint32 {
	if !runtime_zioAnyCall() {
		return zioUpstream
	}
	var st syscall.Stat_t
	if err := ignoringEINTR(func() error { return syscall.Fstat(fd.Sysfd, &st) }); err != nil {
		return zioUpstream
	}
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFIFO, syscall.S_IFSOCK:
		return zioNowait
	case syscall.S_IFREG, syscall.S_IFDIR, syscall.S_IFBLK:
		fd.zio.place.kind.Store(zioPlaceTaken)
		return zioUpstream
	case syscall.S_IFLNK:
		return zioUpstream
	}
	return zioPollFirst
}

// register returns the pollDesc of fd. An error other than that fd is closed
// means that it cannot be waited for. The caller holds a reference to fd.
func (b *zioBlocking) register(fd *FD) (ctx uintptr, err error) {
	ctx, err = b.get(fd, runtime_pollOpen)
	if err != nil && err != errClosing(true) {
		// A device that does not poll, or the descriptor is also
		// another FD's.
		b.how.Store(zioUpstream)
	}
	return ctx, err
}

// wait waits until fd may be ready for mode, after a call that found it not
// ready. If it reports false, fd cannot be waited for.
func (b *zioBlocking) wait(fd *FD, mode int) (err error, ok bool) {
	l, events := &b.reading, int16(zioPollIn)
	if mode == 'w' {
		l, events = &b.writing, zioPollOut
	}
	if !l.long && b.linger(fd, l, events) {
		return nil, true
	}
	if fd.zioNonblock() {
		return syscall.EAGAIN, true
	}
	ctx, err := b.register(fd)
	if ctx == 0 {
		return err, err == errClosing(true)
	}
	start := runtimeNano()
	err = convertErr(runtime_pollWait(ctx, mode), true)
	l.long = runtimeNano()-start > zioLingerTime
	return err, true
}

// stop ends what lingers.
func (b *zioBlocking) stop() {
	b.reading.stop()
	b.writing.stop()
}

// prepare is pollDesc.prepare.
func (b *zioBlocking) prepare(mode int) error {
	ctx := b.ctx.Load()
	if ctx == 0 {
		return nil
	}
	return convertErr(runtime_pollReset(ctx, mode), true)
}

// zioReadBlocking is Read of a file in blocking mode. The read lock is held and p
// is not empty. If ok is false nothing was done, and Read must go on by itself.
func (fd *FD) zioReadBlocking(p []byte) (n int, err error, ok bool) {
	b := fd.zioBlocking()
	if b == nil {
		return 0, nil, false
	}
	if len(p) > maxRW {
		p = p[:maxRW]
	}
	for {
		if err := b.prepare('r'); err != nil {
			return 0, err, true
		}
		n, err := b.read(fd.Sysfd, p)
		if err != syscall.EAGAIN {
			if err != nil {
				n = 0
			}
			return n, fd.eofError(n, err), true
		}
		if err, ok := b.wait(fd, 'r'); err != nil || !ok {
			return 0, err, ok
		}
	}
}

// zioWriteBlocking is Write of a file in blocking mode. The write lock is held.
// If ok is false, Write must go on by itself with what is left after the first
// nn bytes.
func (fd *FD) zioWriteBlocking(p []byte) (nn int, err error, ok bool) {
	b := fd.zioBlocking()
	if b == nil || len(p) == 0 {
		return 0, nil, false
	}
	for {
		if err := b.prepare('w'); err != nil {
			return nn, err, true
		}
		n, err := b.write(fd.Sysfd, p[nn:min(len(p), nn+maxRW)])
		if n > 0 {
			nn += n
		}
		switch {
		case nn == len(p):
			return nn, nil, true
		case err == syscall.EAGAIN:
			if err, ok := b.wait(fd, 'w'); err != nil || !ok {
				return nn, err, ok
			}
		case err != nil:
			return nn, err, true
		case n == 0:
			return nn, io.ErrUnexpectedEOF, true
		}
	}
}

// zioWaitWrite waits until fd, if it is in blocking mode, may take more. For
// splice, which does not wait for a pipe.
func (fd *FD) zioWaitWrite() error {
	b := fd.zioBlocking()
	if b == nil {
		return nil
	}
	err, ok := b.wait(fd, 'w')
	if !ok {
		return nil
	}
	return err
}

// refused reports whether err means that the kernel has no call for this file
// that does not wait, or that a seccomp filter that the program put up later
// forbids it. The next best way is chosen then. An error that is the file's own
// comes again there.
func (b *zioBlocking) refused(err error) bool {
	switch err {
	case syscall.EOPNOTSUPP, syscall.ENOSYS, syscall.EPERM, syscall.EACCES:
		b.how.CompareAndSwap(zioNowait, zioPollFirst)
		return true
	}
	return false
}

// read reads without waiting, and returns EAGAIN if it would wait.
func (b *zioBlocking) read(fd int, p []byte) (int, error) {
	if b.how.Load() == zioNowait {
		n, err := zioVec(zioPreadv2, fd, p, -1)
		if n >= 0 {
			syscall_zioDidRead(p[:n])
		}
		if !b.refused(err) {
			return n, err
		}
	}
	for !zioPollNow(fd, zioPollIn) {
		if !zioBackground(fd) {
			return 0, syscall.EAGAIN
		}
		// A job in the background that reads its terminal is stopped or
		// gets EIO; a read of no bytes does no more than that.
		if _, _, errno := syscall.Syscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), 0); errno != 0 && errno != syscall.EINTR {
			return -1, errnoErr(errno)
		}
	}
	return ignoringEINTRIO(syscall.Read, fd, p)
}

// write writes without waiting, and returns EAGAIN if it would wait.
func (b *zioBlocking) write(fd int, p []byte) (int, error) {
	if b.how.Load() == zioNowait {
		if race.Enabled {
			syscall_zioWillWrite()
		}
		n, err := zioVec(zioPwritev2, fd, p, -1)
		if n > 0 {
			syscall_zioDidWrite(p[:n])
		}
		if !b.refused(err) {
			return n, err
		}
	}
	if !zioPollNow(fd, zioPollOut) {
		return 0, syscall.EAGAIN
	}
	return ignoringEINTRIO(syscall.Write, fd, p)
}

// The numbers of preadv2 and pwritev2, which package syscall has for some
// architectures only.
const (
	zioPreadv2 = 327*goarch.IsAmd64 + 378*goarch.Is386 + 392*goarch.IsArm +
		286*(goarch.IsArm64+goarch.IsLoong64+goarch.IsRiscv64) +
		4361*(goarch.IsMips+goarch.IsMipsle) + 5321*(goarch.IsMips64+goarch.IsMips64le) +
		380*(goarch.IsPpc64+goarch.IsPpc64le) + 376*goarch.IsS390x
	zioPwritev2 = zioPreadv2 + 1
)

// zioVec is preadv2(2) or pwritev2(2), not waiting. With off -1 it is at the file's
// own position.
func zioVec(call uintptr, fd int, p []byte, off int64) (int, error) {
	const nowait = 0x8 // RWF_NOWAIT
	for {
		iov := syscall.Iovec{Base: &p[0]}
		iov.SetLen(len(p))
		n, _, errno := syscall.Syscall6(call, uintptr(fd), uintptr(unsafe.Pointer(&iov)), 1, uintptr(off), uintptr(off>>(8*goarch.PtrSize-1)>>1), nowait)
		if errno == syscall.EINTR {
			continue
		}
		if errno != 0 {
			return -1, errnoErr(errno)
		}
		return int(n), nil
	}
}

// Events of poll(2).
const (
	zioPollIn  = 0x1
	zioPollOut = 0x4
)

// A zioPollFD is a struct pollfd.
type zioPollFD struct {
	fd              int32
	events, revents int16
}

// zioPollNow reports whether fd is ready for events, hung up or in error.
func zioPollNow(fd int, events int16) bool {
	return zioPollFor(fd, events, 0)
}

// zioPollFor is zioPollNow that waits for up to ns nanoseconds, less than a
// second.
func zioPollFor(fd int, events int16, ns int) bool {
	pfd := zioPollFD{fd: int32(fd), events: events}
	ts := [2]int{0, ns} // a struct timespec of longs
	n, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&pfd)), 1, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
	if errno != 0 {
		// n says nothing. An error is for the read to report; a signal is none.
		return errno != syscall.EINTR
	}
	return n != 0
}

// zioBackground reports whether fd is the terminal of this process's session and
// another process group has it.
func zioBackground(fd int) bool {
	var pgrp int32
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TIOCGPGRP, uintptr(unsafe.Pointer(&pgrp)))
	return errno == 0 && int(pgrp) != syscall.Getpgrp()
}

// zioNonblock reports whether somebody has put the file description in
// non-blocking mode. Upstream then returns EAGAIN.
func (fd *FD) zioNonblock() bool {
	flags, err := unix.Fcntl(fd.Sysfd, syscall.F_GETFL, 0)
	return err == nil && flags&syscall.O_NONBLOCK != 0
}

// zioDeadline returns the pollDesc for a deadline of a file in blocking mode or a
// regular one, 0 if it can have none. The caller holds a reference to fd.
func (fd *FD) zioDeadline() uintptr {
	if fd.zioPlaced() {
		return fd.zioDiskDeadline()
	}
	b := fd.zioBlocking()
	if b == nil {
		return 0
	}
	ctx, _ := b.register(fd)
	b.timed.Store(true)
	b.stop()
	return ctx
}

// zioEvict unblocks I/O on a file in blocking mode or a regular one, which Close has
// marked as closed.
func (fd *FD) zioEvict() {
	if d := fd.zio.disk.Load(); d != nil {
		d.evict()
	}
	if b := fd.zio.blocking.Load(); b != nil {
		b.evict()
		b.stop()
	}
}

// zioDestroy is pollDesc.close for a file in blocking mode or a regular one.
func (fd *FD) zioDestroy() {
	if d := fd.zio.disk.Load(); d != nil {
		d.destroy()
	}
	if b := fd.zio.blocking.Load(); b != nil {
		b.destroy()
	}
}
