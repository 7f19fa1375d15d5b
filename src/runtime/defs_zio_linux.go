// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import "internal/runtime/syscall/linux"

// Kernel interface of io_uring, io_uring_setup(2), io_uring_enter(2) and
// io_uring_register(2), and of poll(2). The numbers are the same on every
// architecture but for mips, whose system calls are counted from a base.

const (
	_EPERM  = 0x1
	_EBADF  = 0x9
	_EPIPE  = 0x20
	_EBUSY  = 0x10
	_EFAULT = 0xe

	_PR_GET_SECCOMP = 21

	_MAP_SHARED    = 0x1
	_MADV_DONTFORK = 10

	_MSG_DONTWAIT = 0x40
	_MSG_NOSIGNAL = 0x4000

	_EPOLLPRI = 0x2

	_POLLIN    = 0x1
	_POLLPRI   = 0x2
	_POLLOUT   = 0x4
	_POLLERR   = 0x8
	_POLLHUP   = 0x10
	_POLLNVAL  = 0x20
	_POLLRDHUP = 0x2000

	_IORING_OP_NOP          = 0
	_IORING_OP_FSYNC        = 3
	_IORING_OP_ASYNC_CANCEL = 14
	_IORING_OP_READ         = 22
	_IORING_OP_WRITE        = 23
	_IORING_OP_SEND         = 26
	_IORING_OP_RECV         = 27

	_IORING_OFF_SQ_RING = 0
	_IORING_OFF_CQ_RING = 0x8000000
	_IORING_OFF_SQES    = 0x10000000

	_IORING_SETUP_CQSIZE        = 1 << 3
	_IORING_SETUP_R_DISABLED    = 1 << 6
	_IORING_SETUP_SUBMIT_ALL    = 1 << 7
	_IORING_SETUP_COOP_TASKRUN  = 1 << 8
	_IORING_SETUP_TASKRUN_FLAG  = 1 << 9
	_IORING_FEAT_SINGLE_MMAP    = 1 << 0
	_IORING_FEAT_NODROP         = 1 << 1
	_IORING_ENTER_GETEVENTS     = 1 << 0
	_IORING_REGISTER_RESTRICT   = 11
	_IORING_REGISTER_ENABLE     = 12
	_IORING_RESTRICTION_SQE_OP  = 1
	_IORING_RESTRICTION_REG_OP  = 0
	_IORING_CQE_F_SOCK_NONEMPTY = 1 << 2
)

// The io_uring calls were added to the table that all architectures share
// shortly before epoll_pwait2, so they keep the same distance from it.
const (
	_SYS_io_uring_setup    = linux.SYS_EPOLL_PWAIT2 - 16
	_SYS_io_uring_enter    = linux.SYS_EPOLL_PWAIT2 - 15
	_SYS_io_uring_register = linux.SYS_EPOLL_PWAIT2 - 14
)

// zioSQE is struct io_uring_sqe.
type zioSQE struct {
	opcode   uint8
	flags    uint8
	ioprio   uint16
	fd       int32
	off      uint64
	addr     uint64
	len      uint32
	opflags  uint32
	userData uint64
	buf      uint16
	pers     uint16
	fileIdx  uint32
	pad      [2]uint64
}

// zioCQE is struct io_uring_cqe.
type zioCQE struct {
	userData uint64
	res      int32
	flags    uint32
}

// zioParams is struct io_uring_params.
type zioParams struct {
	sqEntries, cqEntries, flags, sqThreadCPU, sqThreadIdle, features, wqFD uint32
	resv                                                                   [3]uint32
	sqOff                                                                  struct {
		head, tail, ringMask, ringEntries, flags, dropped, array, resv1 uint32
		userAddr                                                        uint64
	}
	cqOff struct {
		head, tail, ringMask, ringEntries, overflow, cqes, flags, resv1 uint32
		userAddr                                                        uint64
	}
}

// zioRestriction is struct io_uring_restriction.
type zioRestriction struct {
	opcode uint16
	op     uint8
	resv   uint8
	resv2  [3]uint32
}

// zioPollFD is struct pollfd.
type zioPollFD struct {
	fd      int32
	events  int16
	revents int16
}
