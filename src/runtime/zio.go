// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

// The submission core.
//
// A goroutine that needs the outside world hands the runtime an operation
// (receive into this buffer, send these bytes) and is resumed with the
// operation's result. The network poller in netpoll.go knows when a
// descriptor is ready; the submission core adds who performs the operation
// once it is: a backend, for many goroutines with one system call, or the
// goroutine itself, as upstream always does.
//
// A backend must define the following. All but zioBackendInit run on the
// system stack or in code that cannot be preempted, with or without a P, and
// may run while the world is stopped, so write barriers are not allowed.
//
// func zioBackendInit()
//     Choose the backend, if that has not been done. Called by netpollinit,
//     and before it by who reads or writes a file in blocking mode.
//
// func zioNetpoll(delay int64) (gList, int32)
//     The contract of netpoll: reap readiness and completions, blocking for
//     up to delay nanoseconds (for ever if delay < 0). A caller without a P
//     that does not block may be sysmon: it performs nothing for others, and
//     leaves a netpollBreak to the thread that it was meant for.
//
// func zioSysmonReady(ns int64) bool
//     Wait for readiness without taking any, for sysmon.
//
// func zioOpen(fd uintptr, pd *pollDesc) uintptr
// func zioClosed(fd uintptr, pd *pollDesc) uintptr
//     The contracts of netpollopen and netpollclose. When zioClosed returns,
//     the backend no longer refers to fd.
//
// func zioArm(pd *pollDesc, mode int)
//     A goroutine is about to park on pd. For level-triggered backends.
//
// func zioFlush(pp *p, toRun *gList)
//     Perform the operations that are queued on pp and push the goroutines
//     that waited for them. Does not block for readiness.
//
// Ownership. From submission to completion an operation belongs to the
// backend, and its goroutine stays parked: on Close, on a deadline and on
// cancelation too. The buffer may be on the goroutine's stack, so a goroutine
// with an operation in flight does not let its stack shrink (g.zioInFlight,
// isShrinkStackSafe).
//
// A socket operation passes these states. Whoever moves it out of armed, by
// compare-and-swap on pollDesc.rg, is the only one who may resume the goroutine.
//
//	state     | meaning                                  | leaves it by
//	----------+------------------------------------------+----------------------------
//	idle      | no operation                             | goroutine: armed or queued
//	armed     | goroutine parked until fd is readable,   | backend: claimed
//	          | rg holds it, zioDesc.r tells what to do  | deadline, close: idle
//	claimed   | the backend performs it now, rg is free  | backend: done
//	          | for the next readiness event             |
//	queued    | goroutine parked, operation on the ring  | flush: done
//	          | of a P, not yet given to the kernel      |
//	done      | result stored, goroutine runnable        | goroutine: idle
//
// Claimed and queued operations never wait inside the kernel: they carry
// MSG_DONTWAIT, and one that finds nothing to do comes back as EAGAIN and is
// armed again. So a deadline or Close never has to chase an operation into
// the kernel, no completion depends on the thread that submitted it, and a
// descriptor is never closed under an operation, because the goroutine still
// holds its fdMutex reference. Operations that do stay in flight inside the
// kernel (regular files) need zioSlot's generation and a cancel; the ring is
// laid out for them.

// Backends, in the order of preference.
const (
	zioOff   = iota // upstream's poller, untouched
	zioUring        // readiness by epoll, operations by io_uring
	zioEpoll        // readiness by epoll, operations by the goroutine
	zioPoll         // readiness by poll(2), operations by the goroutine
)

var zioBackendNames = [...]string{zioOff: "off", zioUring: "io_uring", zioEpoll: "epoll", zioPoll: "poll"}

// Results of an operation that no system call returns. They are negative, as
// error numbers are, and far below the range of error numbers.
const (
	// zioRedo means that the backend did not perform the operation, or
	// performed it without effect in a way that only a direct system call
	// reports right. The goroutine must perform it.
	zioRedo = -1 << 20

	// zioErrBase-pollErr* is the result of an operation that ended because
	// of a poll error.
	zioErrBase = -1 << 21
)

// zioCounters counts operations. Each field is only written by the owner of
// the P that holds it, and may be read by anyone.
type zioCounters struct {
	submitted uint64 // operations handed to the backend, waits for readiness included
	completed uint64 // operations that came back with a result
	canceled  uint64 // operations that a deadline or Close ended
	skipped   uint64 // attempts saved since the socket was known to be drained
}

// Counters that zioCount takes.
const (
	zioCountSubmitted = iota
	zioCountCompleted
	zioCountCanceled
	zioCountSkipped
)

// zioStats is a sum of the counters of all Ps and rings.
type zioStats struct {
	zioCounters
	enters uint64 // system calls that the backend made to submit or reap
	sqes   uint64 // operations performed through a ring
}
