// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package poll

import (
	"internal/race"
	"internal/strconv"
	"io"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Reads and writes of sockets by the runtime's submission core; see
// runtime/zio.go. Everything else on a descriptor uses readiness as upstream
// does, and the two can be mixed.

// zioState is the state of the submission core in a FD.
type zioState struct {
	on bool // constant after Init

	// accepted says that a listener accepted the socket. Constant after Init.
	accepted bool

	// file says that the socket came in as a file, handed that this is a file that
	// came in in blocking mode, and regular that it is one that cannot be polled.
	// Constant after Init.
	file, handed, regular bool

	// shared is set when somebody else got hold of the descriptor, by
	// RawConn or File, or had it before.
	shared atomic.Bool

	// blocking is the state of a file in blocking mode, nil until somebody reads
	// or writes it, and disk that of one whose operations may be in flight or
	// have deadlines.
	blocking atomic.Pointer[zioBlocking]
	disk     atomic.Pointer[zioDisk]

	// place is for files: how their operations that block are bounded.
	place zioPlace

	// watch is the watch that has the read lock, nil if there is none.
	// Protected by the read lock.
	watch *ZioWatch
}

func runtime_zioTrack(ctx uintptr, short, asker bool) bool
func runtime_zioShared(ctx uintptr)

// The buffers are not kept after the call.
//
//go:noescape
func runtime_zioRead(ctx uintptr, p unsafe.Pointer, n int) int

//go:noescape
func runtime_zioWrite(ctx uintptr, p unsafe.Pointer, n int) int

// Results of runtime_zioRead and runtime_zioWrite. These must match the values
// in runtime/zio.go.
const (
	zioRedo    = -1 << 20
	zioErrBase = -1 << 21
)

// zioInit hands the descriptor to the submission core if it is a socket.
func (fd *FD) zioInit(net string) {
	if fd.isFile {
		return
	}
	// Only TCP sockets that package net made itself: a short read empties
	// their receive queue. Unix sockets end a read at a message
	// with descriptors, and others may have been set up in any way.
	short := fd.IsStream && !fd.zio.file && len(net) >= 3 && net[:3] == "tcp"
	if short && fd.zio.shared.Load() {
		// The Control hook of a ListenConfig or Dialer ran. Of the
		// options that it may have set and that an accepted socket
		// inherits, this one keeps readiness back while there is
		// something to read.
		lowat, err := syscall.GetsockoptInt(fd.Sysfd, syscall.SOL_SOCKET, syscall.SO_RCVLOWAT)
		short = err == nil && lowat == 1
	}
	fd.zio.on = runtime_zioTrack(fd.pd.runtimeCtx, short, !fd.zio.accepted)
}

// zioShared notes that the program gets hold of the descriptor.
func (fd *FD) zioShared() {
	fd.zio.shared.Store(true)
	if fd.zio.on && fd.pd.runtimeCtx != 0 {
		runtime_zioShared(fd.pd.runtimeCtx)
	}
}

// ZioFile notes that fd is a socket that came in as a file. Whoever made it may
// have set options, and may go on to set them, since a file description can be
// shared with another process. It must be called before Init.
func (fd *FD) ZioFile() {
	fd.zio.file = true
	fd.zio.shared.Store(true)
}

// ZioAccepted notes that fd was accepted from the listener ln, whose socket
// options it inherits. It must be called before Init.
func (fd *FD) ZioAccepted(ln *FD) {
	fd.zio.accepted = true
	if ln.zio.shared.Load() {
		fd.zio.shared.Store(true)
	}
}

// zioRead is Read by the submission core. The read lock is held and p is not
// empty. If ok is false nothing was done, and Read must go on by itself.
func (fd *FD) zioRead(p []byte) (n int, err error, ok bool) {
	if atomic.LoadUint32(&fd.isBlocking) != 0 {
		return 0, nil, false
	}
	n = runtime_zioRead(fd.pd.runtimeCtx, unsafe.Pointer(&p[0]), len(p))
	if n < 0 {
		if n == zioRedo {
			return 0, nil, false
		}
		return 0, fd.zioError(n), true
	}
	syscall_zioDidRead(p[:n])
	return n, fd.eofError(n, nil), true
}

// zioWrite is Write by the submission core. The write lock is held. If ok is
// false, Write must go on by itself with what is left after the first nn bytes.
func (fd *FD) zioWrite(p []byte) (nn int, err error, ok bool) {
	if len(p) == 0 || atomic.LoadUint32(&fd.isBlocking) != 0 {
		return 0, nil, false
	}
	if race.Enabled {
		syscall_zioWillWrite()
	}
	for {
		n := runtime_zioWrite(fd.pd.runtimeCtx, unsafe.Pointer(&p[nn]), len(p)-nn)
		if n < 0 {
			if n == zioRedo {
				return nn, nil, false
			}
			return nn, fd.zioError(n), true
		}
		syscall_zioDidWrite(p[nn : nn+n])
		if n > len(p)-nn {
			// See Write and go.dev/issue/61060.
			panic("invalid return from write: got " + strconv.Itoa(n) + " from a write of " + strconv.Itoa(len(p)-nn))
		}
		nn += n
		if nn == len(p) {
			return nn, nil, true
		}
		if n == 0 {
			return nn, io.ErrUnexpectedEOF, true
		}
	}
}

// zioError converts a negative result.
func (fd *FD) zioError(n int) error {
	if n <= zioErrBase {
		return convertErr(zioErrBase-n, fd.isFile)
	}
	return errnoErr(syscall.Errno(-n))
}

// Reports to the race detector and the sanitizers what the kernel did to the
// buffers, as syscall.Read and syscall.Write do.
//
//go:noescape
//go:linkname syscall_zioDidRead syscall.zioDidRead
func syscall_zioDidRead(p []byte)

//go:linkname syscall_zioWillWrite syscall.zioWillWrite
func syscall_zioWillWrite()

//go:noescape
//go:linkname syscall_zioDidWrite syscall.zioDidWrite
func syscall_zioDidWrite(p []byte)
