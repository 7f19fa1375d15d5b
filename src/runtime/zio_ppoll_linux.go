// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

import (
	"internal/goarch"
	"internal/runtime/atomic"
	"internal/runtime/syscall/linux"
	"unsafe"
)

// Readiness by poll(2). It exists to show that nothing in the submission core
// depends on epoll or io_uring.
//
// poll(2) is level-triggered and takes its whole set with every call, so a
// descriptor is in the set only while a goroutine waits for it: zioArm puts it
// in, readiness or close takes it out. One thread polls at a time, with a copy
// of the set.
//
// Two kinds of descriptors cannot be polled so, and are handed to epoll, whose own
// descriptor is in the set (zioPollEdge): those with an error that a read
// does not take away, which poll(2) would report again and again, and those
// of a thread that has a descriptor table of its own, whose numbers mean
// something else, or nothing, to the thread that polls.

var zioPollSet struct {
	lock mutex // protects the following fields, and armed, idx and polled of every zioSetEntry
	set  zioPollEntries
	n    int // entries in use; the first are zioPollBreak and zioPollEpoll

	busy   bool           // a thread polls; it owns the next three fields
	waits  bool           // that thread waits, and must be told of what is new
	copied int            // entries of the copy
	copy   zioPollEntries // what is given to ppoll

	round atomic.Uint32 // polls that ended
}

// The entries of the set that belong to no pollDesc.
const (
	zioPollBreak = iota // the netpollBreak eventfd
	zioPollEpoll        // the epoll descriptor
	zioPollFirst        // the first that belongs to a pollDesc
)

// zioSetEntry is what the set knows of a pollDesc. Protected by zioPollSet.lock.
type zioSetEntry struct {
	armed  uint8 // what goroutines wait for, zioPollR and zioPollW
	edge   bool  // readiness comes from epoll, see zioPollEdge
	polled bool  // in the copy of the thread that polls
	idx    int32 // index in the set, 0 if not in it
}

// zioPollEntries are two parallel arrays that are not in the heap.
type zioPollEntries struct {
	fds uintptr // *zioPollFD
	pds uintptr // **pollDesc
	cap int
}

func (e *zioPollEntries) fd(i int) *zioPollFD {
	return (*zioPollFD)(unsafe.Pointer(e.fds + uintptr(i)*unsafe.Sizeof(zioPollFD{})))
}

func (e *zioPollEntries) pd(i int) **pollDesc {
	return (**pollDesc)(unsafe.Pointer(e.pds + uintptr(i)*goarch.PtrSize))
}

// copyFrom copies n entries.
func (e *zioPollEntries) copyFrom(o *zioPollEntries, n int) {
	memmove(unsafe.Pointer(e.fds), unsafe.Pointer(o.fds), uintptr(n)*unsafe.Sizeof(zioPollFD{}))
	memmove(unsafe.Pointer(e.pds), unsafe.Pointer(o.pds), uintptr(n)*goarch.PtrSize)
}

// alloc makes room for n entries. It takes no lock.
func (e *zioPollEntries) alloc(n int) {
	e.fds = uintptr(sysAlloc(uintptr(n)*unsafe.Sizeof(zioPollFD{}), &memstats.other_sys, "zio poll set"))
	e.pds = uintptr(sysAlloc(uintptr(n)*goarch.PtrSize, &memstats.other_sys, "zio poll set"))
	e.cap = n
}

// free gives the memory back.
func (e *zioPollEntries) free() {
	if e.cap != 0 {
		sysFree(unsafe.Pointer(e.fds), uintptr(e.cap)*unsafe.Sizeof(zioPollFD{}), &memstats.other_sys)
		sysFree(unsafe.Pointer(e.pds), uintptr(e.cap)*goarch.PtrSize, &memstats.other_sys)
	}
	*e = zioPollEntries{}
}

// Bits of zioSetEntry.armed.
const (
	zioPollR = 1
	zioPollW = 2
)

// zioPollOpen accepts what epoll accepts, so that the same descriptors are put
// in blocking mode with every backend, and refuses, as epoll does, a descriptor
// that is open in another pollDesc. Nobody waits on the epoll descriptor.
//
// A pollDesc that is in the set with the same number belongs to a descriptor
// that was closed behind the runtime's back. It must not be woken by, and then
// take, what comes for the new one.
func zioPollOpen(fd uintptr) uintptr {
	ev := linux.EpollEvent{Events: linux.EPOLLET}
	errno := linux.EpollCtl(epfd, linux.EPOLL_CTL_ADD, int32(fd), &ev)
	if errno != 0 || getg().lockedm != 0 {
		// The thread of a locked goroutine may have a descriptor table of
		// its own, where the number means something else.
		return errno
	}
	s := &zioPollSet
	lock(&s.lock)
	for i := zioPollFirst; i < s.n; i++ {
		if s.set.fd(i).fd == int32(fd) {
			zioPollGone(*s.set.pd(i))
			break
		}
	}
	unlock(&s.lock)
	return 0
}

// zioPollGone takes pd out of the set for good: its descriptor was closed behind
// the runtime's back. As with epoll, goroutines that wait for it wait for a
// deadline or Close. The lock is held.
//
//go:nowritebarrier
func zioPollGone(pd *pollDesc) {
	pd.zio.set.edge = true
	pd.zio.set.armed = 0
	zioPollRemove(pd)
}

// zioPollClosed takes pd out of the set. If the thread that polls has it in its
// copy, the kernel holds a reference to the descriptor, and a socket would
// outlive its close: break the poll and wait for its end.
func zioPollClosed(pd *pollDesc) {
	var ev linux.EpollEvent
	linux.EpollCtl(epfd, linux.EPOLL_CTL_DEL, int32(pd.fd), &ev)
	s := &zioPollSet
	lock(&s.lock)
	pd.zio.set.armed = 0
	zioPollRemove(pd)
	polled := pd.zio.set.polled
	wake := s.busy && s.waits
	round := s.round.Load()
	unlock(&s.lock)
	if !polled {
		return
	}
	if wake {
		netpollBreak()
	}
	for s.round.Load() == round {
		osyield()
	}
}

// zioArm puts pd in the set, and breaks a poll that does not know of it.
func zioArm(pd *pollDesc, mode int) {
	s := &zioPollSet
	bit := uint8(zioPollR)
	if mode == 'w' {
		bit = zioPollW
	}
	lock(&s.lock)
	if getg().lockedm != 0 && !pd.zio.set.edge {
		zioPollEdge(pd)
	}
	if pd.zio.set.edge || pd.zio.set.armed&bit != 0 {
		unlock(&s.lock)
		return
	}
	pd.zio.set.armed |= bit
	if pd.zio.set.idx == 0 {
		zioPollGrow()
		*s.set.pd(s.n) = pd
		pd.zio.set.idx = int32(s.n)
		s.n++
	}
	*s.set.fd(int(pd.zio.set.idx)) = zioPollFD{fd: int32(pd.fd), events: zioPollEvents(pd.zio.set.armed)}
	wake := s.busy && s.waits
	unlock(&s.lock)
	if wake {
		netpollBreak()
	}
}

// zioPollEdge hands pd over to epoll for good. An event comes at once if there
// is something to report now. The lock is held.
//
//go:nowritebarrier
func zioPollEdge(pd *pollDesc) {
	zioPollGone(pd)
	ev := linux.EpollEvent{Events: zioEpollEvents}
	netpollPackData(&ev, pd, pd.fdseq.Load())
	linux.EpollCtl(epfd, linux.EPOLL_CTL_MOD, int32(pd.fd), &ev)
}

// zioPollEvents returns the events to poll for.
func zioPollEvents(armed uint8) int16 {
	ev := int16(_POLLRDHUP | _POLLPRI)
	if armed&zioPollR != 0 {
		ev |= _POLLIN
	}
	if armed&zioPollW != 0 {
		ev |= _POLLOUT
	}
	return ev
}

// zioPollGrow makes room for one more entry. The lock is held.
func zioPollGrow() {
	s := &zioPollSet
	if s.n < s.set.cap {
		return
	}
	old := s.set
	s.set.alloc(max(512, 2*old.cap))
	if s.n > 0 {
		s.set.copyFrom(&old, s.n)
		old.free()
		return
	}
	*s.set.fd(zioPollBreak) = zioPollFD{fd: int32(netpollEventFd), events: _POLLIN}
	*s.set.fd(zioPollEpoll) = zioPollFD{fd: int32(epfd), events: _POLLIN}
	s.n = zioPollFirst
}

// zioPollRemove takes pd out of the set. The lock is held.
//
//go:nowritebarrier
func zioPollRemove(pd *pollDesc) {
	s := &zioPollSet
	i := pd.zio.set.idx
	if i == 0 {
		return
	}
	pd.zio.set.idx = 0
	s.n--
	if last := int32(s.n); i != last {
		*s.set.fd(int(i)) = *s.set.fd(int(last))
		*s.set.pd(int(i)) = *s.set.pd(int(last))
		(*s.set.pd(int(i))).zio.set.idx = i
	}
}

// zioPollBegin makes the copy to poll with. It returns false if another thread
// polls and the caller does not want to wait for it.
func zioPollBegin(wait bool) bool {
	s := &zioPollSet
	for {
		lock(&s.lock)
		if !s.busy {
			break
		}
		unlock(&s.lock)
		if !wait {
			return false
		}
		osyield()
	}
	zioPollGrow()
	if s.copy.cap < s.set.cap {
		s.copy.free()
		s.copy.alloc(s.set.cap)
	}
	s.busy = true
	s.waits = wait
	s.copied = s.n
	s.copy.copyFrom(&s.set, s.n)
	for i := zioPollFirst; i < s.n; i++ {
		(*s.copy.pd(i)).zio.set.polled = true
	}
	unlock(&s.lock)
	return true
}

// zioPollNetpoll checks for ready descriptors, as netpoll does.
func zioPollNetpoll(delay int64) (gList, int32) {
	s := &zioPollSet
	if !zioPollBegin(delay != 0) {
		return gList{}, 0
	}
	zio.enters.Add(1)
	var n uintptr
	var errno uintptr
	if delay < 0 {
		n, _, errno = linux.Syscall6(_SYS_ppoll, s.copy.fds, uintptr(s.copied), 0, 0, 0, 0)
	} else {
		ts := zioTimespecOf(delay)
		n, _, errno = linux.Syscall6(_SYS_ppoll, s.copy.fds, uintptr(s.copied), uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
	}
	if errno != 0 && errno != _EINTR && errno != _EAGAIN && errno != _ENOMEM {
		println("runtime: ppoll failed with", errno)
		throw("runtime: netpoll failed")
	}
	var toRun gList
	delta := int32(0)
	lock(&s.lock)
	for i := zioPollFirst; i < s.copied; i++ {
		pd := *s.copy.pd(i)
		pd.zio.set.polled = false
		ev := s.copy.fd(i).revents
		if errno != 0 || n == 0 || ev == 0 || pd.zio.set.armed == 0 {
			continue
		}
		delta += zioPollReady(&toRun, pd, ev)
	}
	broken := errno == 0 && s.copy.fd(zioPollBreak).revents != 0
	edges := errno == 0 && s.copy.fd(zioPollEpoll).revents != 0
	s.round.Add(1)
	s.busy = false
	unlock(&s.lock)
	if edges {
		var events [zioBatchSize / 2]linux.EpollEvent
		if n, errno := linux.EpollWait(epfd, events[:], int32(len(events)), 0); errno == 0 {
			d, _ := zioEpollReady(&toRun, events[:n], nil)
			delta += d
		}
	}
	if broken {
		zioBroken(delay)
	}
	zioPolled(delay)
	return toRun, delta
}

// zioPollReady declares that pd is ready for the armed part of ev. The lock is
// held.
//
//go:nowritebarrier
func zioPollReady(toRun *gList, pd *pollDesc, ev int16) int32 {
	if ev&_POLLNVAL != 0 {
		// The number may already be that of another descriptor.
		zioPollGone(pd)
		return 0
	}
	var mode int32
	var fired uint8
	if ev&(_POLLIN|_POLLRDHUP|_POLLHUP|_POLLERR|_POLLPRI) != 0 && pd.zio.set.armed&zioPollR != 0 {
		mode += 'r'
		fired |= zioPollR
	}
	if ev&(_POLLOUT|_POLLHUP|_POLLERR) != 0 && pd.zio.set.armed&zioPollW != 0 {
		mode += 'w'
		fired |= zioPollW
	}
	pd.zio.set.armed &^= fired
	if ev&_POLLERR != 0 {
		zioPollEdge(pd)
	} else if pd.zio.set.armed == 0 {
		zioPollRemove(pd)
	} else {
		// Peer closed, say, and only a writer waits: polling on for
		// what has fired would never block.
		zioPollSet.set.fd(int(pd.zio.set.idx)).events = zioPollEvents(pd.zio.set.armed) &^ (ev & (_POLLRDHUP | _POLLPRI))
	}
	lost := ev&(_POLLRDHUP|_POLLHUP|_POLLERR|_POLLPRI) != 0
	if mode == 0 {
		if lost {
			pd.zio.trust.Store(zioLost)
		}
		return 0
	}
	pd.setEventErr(ev == _POLLERR && zioPollOnlyErr(int32(pd.fd)), pd.fdseq.Load())
	return zioReady(toRun, pd, mode, lost, nil)
}

// zioPollOnlyErr reports whether fd has an error and is neither readable nor
// writable, which makes the next read report that it cannot be polled. epoll
// always asks for both; the set asks for what goroutines wait for, and then a
// connection that is being reset may show nothing but the error.
//
//go:nowritebarrier
func zioPollOnlyErr(fd int32) bool {
	p := zioPollFD{fd: fd, events: _POLLIN | _POLLOUT | _POLLRDHUP | _POLLPRI}
	var now zioTimespec
	n, _, errno := linux.Syscall6(_SYS_ppoll, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
	return errno == 0 && n == 1 && p.revents == _POLLERR
}
