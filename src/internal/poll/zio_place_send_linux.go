// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package poll

// Copies in the kernel with a socket at one end and a file at the other. What waits for the
// socket is parked, as upstream's, without a place; a call may wait for the file, with one.

// zioSendEnter begins a call of sendfile(2) from the file src to fd, which does not wait
// for fd. It ends with zioLeave. A place is waited for until the write deadline of fd passes, or fd
// is closed. The caller holds the write lock of fd.
func (fd *FD) zioSendEnter(src int) error {
	if runtime_zioEnter() {
		return nil
	}
	lane := 0
	if runtime_zioAnyCall() {
		lane = zioLaneOf(src)
	}
	return convertErr(runtime_zioQueue(fd.pd.runtimeCtx, 'w', lane), fd.isFile)
}

// zioSplice is splice(2) of at most n bytes from the pipe to fd. The caller holds the
// write lock of fd.
func (fd *FD) zioSplice(pipe, n int) (int, error) {
	if !fd.zioPlaced() {
		return splice(fd.Sysfd, pipe, n, spliceNonblock)
	}
	if err := fd.zioLate('w'); err != nil {
		return 0, err
	}
	if err := fd.zioEnter(fd.zioHeavy(n)); err != nil {
		return 0, err
	}
	n, err := splice(fd.Sysfd, pipe, n, spliceNonblock)
	zioLeave()
	return n, err
}
