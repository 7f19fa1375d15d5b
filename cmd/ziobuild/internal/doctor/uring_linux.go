package doctor

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
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

// Flags of io_uring_setup, and where the rings are mapped.
const (
	setupSubmitAll   = 1 << 7 // Linux 5.18
	setupCoopTaskrun = 1 << 8 // Linux 5.19
	setupTaskrunFlag = 1 << 9 // Linux 5.19

	offSQRing = 0
	offCQRing = 0x8000000
	offSQEs   = 0x10000000

	enterGetEvents = 1
	sqeSize        = 64
	cqeSize        = 16
)

// probeCookie is the user data of the NOP, to be found in its completion.
const probeCookie = 0x7a696f

// probeRing makes a ring with these flags and sends one NOP through it. It
// returns the call that failed and its error, or "" and nil.
func probeRing(flags uint32) (call string, err error) {
	// A ring belongs to the thread that made it until it is closed.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p := params{flags: flags}
	r, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 4, uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return "io_uring_setup", errno
	}
	fd := int(r)
	defer unix.Close(fd)

	const prot, share = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	sq, err := unix.Mmap(fd, offSQRing, int(p.sq.array+p.sqEntries*4), prot, share)
	if err != nil {
		return "mmap of the ring", err
	}
	defer unix.Munmap(sq)
	cq, err := unix.Mmap(fd, offCQRing, int(p.cq.cqes+p.cqEntries*cqeSize), prot, share)
	if err != nil {
		return "mmap of the ring", err
	}
	defer unix.Munmap(cq)
	sqes, err := unix.Mmap(fd, offSQEs, int(p.sqEntries)*sqeSize, prot, share)
	if err != nil {
		return "mmap of the ring", err
	}
	defer unix.Munmap(sqes)

	// Entry 0: opcode 0 is NOP; user_data is at offset 32.
	*(*uint64)(unsafe.Pointer(&sqes[32])) = probeCookie
	*(*uint32)(unsafe.Pointer(&sq[p.sq.array])) = 0
	atomic.AddUint32((*uint32)(unsafe.Pointer(&sq[p.sq.tail])), 1)
	n, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(fd), 1, 1, enterGetEvents, 0, 0)
	if errno != 0 {
		return "io_uring_enter", errno
	}
	tail := atomic.LoadUint32((*uint32)(unsafe.Pointer(&cq[p.cq.tail])))
	if n != 1 || tail != 1 {
		return "io_uring_enter", fmt.Errorf("submitted %d, completed %d, want 1 and 1", n, tail)
	}
	cqe := cq[p.cq.cqes:]
	if data := *(*uint64)(unsafe.Pointer(&cqe[0])); data != probeCookie {
		return "NOP", fmt.Errorf("came back with user_data %#x", data)
	}
	if res := *(*int32)(unsafe.Pointer(&cqe[8])); res != 0 {
		return "NOP", unix.Errno(-res)
	}
	return "", nil
}
