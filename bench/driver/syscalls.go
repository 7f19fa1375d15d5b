package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// syscallCounter counts the system calls of another process with the kernel's
// raw_syscalls:sys_enter tracepoint, one event per thread, inherited by the
// threads that those start. This is what "perf stat -p" does, without perf.
type syscallCounter []int

func countSyscalls(pid int) (syscallCounter, error) {
	b, err := os.ReadFile("/sys/kernel/tracing/events/raw_syscalls/sys_enter/id")
	if err != nil {
		return nil, err
	}
	id, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	if err != nil {
		return nil, err
	}
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil, err
	}
	var c syscallCounter
	for _, t := range tasks {
		tid, _ := strconv.Atoi(t.Name())
		attr := unix.PerfEventAttr{Type: unix.PERF_TYPE_TRACEPOINT, Config: id, Bits: unix.PerfBitInherit}
		attr.Size = uint32(unsafe.Sizeof(attr))
		fd, err := unix.PerfEventOpen(&attr, tid, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
		if err == unix.ESRCH {
			continue // the thread has ended
		}
		if err != nil {
			c.close()
			return nil, err
		}
		c = append(c, fd)
	}
	return c, nil
}

func (c syscallCounter) read() (n int64) {
	for _, fd := range c {
		var b [8]byte
		if _, err := unix.Read(fd, b[:]); err == nil {
			n += int64(binary.NativeEndian.Uint64(b[:]))
		}
	}
	return n
}

func (c syscallCounter) close() {
	for _, fd := range c {
		unix.Close(fd)
	}
}
