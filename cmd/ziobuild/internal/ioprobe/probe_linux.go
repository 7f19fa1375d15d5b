package ioprobe

import (
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Numbers of the kernel, named as in the runtime.
const (
	_IORING_OP_NOP  = 0
	_IORING_OP_SEND = 26
	_IORING_OP_RECV = 27

	_IORING_OFF_SQ_RING = 0
	_IORING_OFF_SQES    = 0x10000000

	_IORING_SETUP_CQSIZE       = 1 << 3
	_IORING_SETUP_R_DISABLED   = 1 << 6
	_IORING_SETUP_SUBMIT_ALL   = 1 << 7
	_IORING_SETUP_COOP_TASKRUN = 1 << 8
	_IORING_SETUP_TASKRUN_FLAG = 1 << 9
	_IORING_FEAT_SINGLE_MMAP   = 1 << 0
	_IORING_FEAT_NODROP        = 1 << 1
	_IORING_ENTER_GETEVENTS    = 1 << 0
	_IORING_REGISTER_RESTRICT  = 11
	_IORING_REGISTER_ENABLE    = 12
	_IORING_RESTRICTION_SQE_OP = 1

	zioBatchSize = 256
)

// params is struct io_uring_params.
type params struct {
	sqEntries, cqEntries, flags, sqThreadCPU, sqThreadIdle, features, wqFD uint32
	_                                                                      [3]uint32
	sq                                                                     struct {
		head, tail, mask, entries, flags, dropped, array, _ uint32
		_                                                   uint64
	}
	cq struct {
		head, tail, mask, entries, overflow, cqes, flags, _ uint32
		_                                                   uint64
	}
}

// restriction is struct io_uring_restriction.
type restriction struct {
	opcode uint16
	op     uint8
	_      uint8
	_      [3]uint32
}

const (
	sqeSize = 64
	cqeSize = 16

	cookie = 0x7a696f // user data of the NOP
)

func failed(call string, errno unix.Errno) Result {
	name := unix.ErrnoName(errno)
	if name == "" {
		name = errno.Error()
	}
	return Result{Call: call, Errno: name}
}

// Probe makes a ring and uses it. A seccomp filter may end the process: the
// caller decides which.
func Probe() Result {
	// A ring belongs to the thread that made it until it is closed.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	var p params
	var res Result
	fd := -1
	for i, flags := range [...]uint32{
		_IORING_SETUP_SUBMIT_ALL | _IORING_SETUP_COOP_TASKRUN | _IORING_SETUP_TASKRUN_FLAG,
		_IORING_SETUP_SUBMIT_ALL,
		0,
	} {
		p = params{flags: flags | _IORING_SETUP_CQSIZE, cqEntries: 2 * zioBatchSize}
		if flags&_IORING_SETUP_SUBMIT_ALL != 0 {
			p.flags |= _IORING_SETUP_R_DISABLED
		}
		r, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, zioBatchSize, uintptr(unsafe.Pointer(&p)), 0)
		if errno == unix.EINVAL {
			continue
		}
		if errno != 0 {
			return failed("io_uring_setup", errno)
		}
		fd, res.Degraded = int(r), i > 0
		break
	}
	if fd < 0 {
		return failed("io_uring_setup", unix.EINVAL)
	}
	defer unix.Close(fd)
	const need = _IORING_FEAT_SINGLE_MMAP | _IORING_FEAT_NODROP
	if p.features&need != need {
		return failed("io_uring_setup", unix.ENOSYS)
	}

	const prot = unix.PROT_READ | unix.PROT_WRITE
	ring, err := unix.Mmap(fd, _IORING_OFF_SQ_RING, int(max(p.sq.array+p.sqEntries*4, p.cq.cqes+p.cqEntries*cqeSize)), prot, unix.MAP_SHARED)
	if err != nil {
		return failed("mmap", err.(unix.Errno))
	}
	defer unix.Munmap(ring)
	sqes, err := unix.Mmap(fd, _IORING_OFF_SQES, zioBatchSize*sqeSize, prot, unix.MAP_SHARED)
	if err != nil {
		return failed("mmap", err.(unix.Errno))
	}
	defer unix.Munmap(sqes)

	if p.flags&_IORING_SETUP_R_DISABLED != 0 {
		if errno := restrict(fd); errno != 0 {
			return failed("io_uring_register", errno)
		}
	}

	// Entry 0: the opcode at offset 0 is NOP, user_data is at offset 32.
	*(*uint64)(unsafe.Pointer(&sqes[32])) = cookie
	*(*uint32)(unsafe.Pointer(&ring[p.sq.array])) = 0
	atomic.AddUint32((*uint32)(unsafe.Pointer(&ring[p.sq.tail])), 1)
	n, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(fd), 1, 1, _IORING_ENTER_GETEVENTS, 0, 0)
	switch {
	case errno != 0:
		return failed("io_uring_enter", errno)
	case n != 1 || atomic.LoadUint32((*uint32)(unsafe.Pointer(&ring[p.cq.tail]))) != 1:
		return failed("io_uring_enter", unix.EAGAIN)
	}
	cqe := ring[p.cq.cqes:]
	if *(*uint64)(unsafe.Pointer(&cqe[0])) != cookie {
		return Result{Call: "NOP", Errno: "wrong user_data"}
	}
	if e := *(*int32)(unsafe.Pointer(&cqe[8])); e != 0 {
		return failed("NOP", unix.Errno(-e))
	}
	return res
}

// restrict allows what the runtime uses and makes the ring ready.
func restrict(fd int) unix.Errno {
	allow := [...]restriction{
		{opcode: _IORING_RESTRICTION_SQE_OP, op: _IORING_OP_NOP},
		{opcode: _IORING_RESTRICTION_SQE_OP, op: _IORING_OP_SEND},
		{opcode: _IORING_RESTRICTION_SQE_OP, op: _IORING_OP_RECV},
	}
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(fd), _IORING_REGISTER_RESTRICT, uintptr(unsafe.Pointer(&allow)), uintptr(len(allow)), 0, 0)
	if errno == 0 {
		_, _, errno = unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(fd), _IORING_REGISTER_ENABLE, 0, 0, 0, 0)
	}
	return errno
}
