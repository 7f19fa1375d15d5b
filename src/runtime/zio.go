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
// The states of an operation, and who may resume its goroutine, are in zio_op.go;
// how nothing falls between a goroutine that waits and what it waits for, in
// zio_wait.go.
//
// Operations are of two classes.
//
// An attempt never waits in the kernel: what finds nothing to do comes back
// with zioAgain, and its goroutine waits until the descriptor is ready. Any
// thread may perform a batch of them. So a deadline, Close or cancel finds the
// goroutine parked and never has to chase an operation into the kernel, and a
// descriptor is never closed under one, because the goroutine still holds its
// fdMutex reference.
//
// An operation in flight may wait or take long in the kernel. From submission to
// completion it belongs to the kernel: the goroutine stays parked, its
// descriptor stays open, and a cancel asks for the end and waits for it. Such an
// operation has one end, its own: what was done when the cancel came is what the
// goroutine gets.
//
// The buffer of an operation may be on the goroutine's stack, so that does not
// shrink meanwhile (g.zioPinned, isShrinkStackSafe).
//
// What a backend defines
//
// The columns say whether there is a P, whether the world may be stopped, which
// locks may be held, and whether the thread may block. Page faults that may take
// long are not allowed where there is a P; buffers are in the heap or on a stack
// (zioResident). Where the world may be stopped, write barriers are not allowed.
//
//	function                            | P     | stopped | locks           | block
//	------------------------------------+-------+---------+-----------------+--------
//	zioBackendInit()                    | yes   | no      | netpollInitLock | no
//	zioPrepare()                        | yes   | no      | none            | no
//	zioCapability(code) uint8           | maybe | maybe   | any             | no
//	zioOpen(fd, pd) errno               | yes   | no      | none            | no
//	zioClosed(fd, pd)                   | yes   | no      | none            | shortly
//	zioLevelTriggered() bool            | yes   | no      | none            | no
//	zioArm(pd, mode)                    | yes   | no      | none            | no
//	zioNetpoll(delay) (gList, int32)    | maybe | maybe   | none            | delay
//	zioSysmonReady(ns) bool             | no    | no      | none            | ns
//	zioRingNew() *zioRing               | yes   | no      | none            | no
//	zioRingStats(*zioStats)             | maybe | no      | any             | no
//	zioFlightNew() *zioFlight           | yes   | no      | none            | no
//	zioLaunched(f) uint32               | yes   | no      | the batch's     | no
//	zioLaunch(b, toRun)                 | maybe | maybe   | the batch's     | no
//	zioPerform(b, toRun)                | maybe | maybe   | the batch's     | no
//	zioCancel(op)                       | maybe | no      | pd's            | shortly
//	zioRecv(fd, buf, n) result          | maybe | maybe   | the batch's     | no
//	zioSend(fd, buf, n) result          | maybe | maybe   | the batch's     | no
//	zioThreadTime(mp) int64             | no    | no      | allpLock        | no
//
// zioBackendInit chooses the backend, if that has not been done. It is called by
// netpollinit, and before it by who reads or writes a file in blocking mode.
//
// zioPrepare is called for each socket that is opened, and acquires what operations
// on sockets need.
//
// zioCapability says how the backend performs an operation, see below.
//
// zioOpen and zioClosed have the contracts of netpollopen and netpollclose. When
// zioClosed returns, the backend no longer refers to fd.
//
// zioLevelTriggered reports whether zioArm must be called before a goroutine
// waits for pd, so that its readiness is looked at.
//
// zioNetpoll has the contract of netpoll: reap readiness, and tell zioReady. A
// caller without a P that does not block may be sysmon: it performs nothing for
// others, and leaves a netpollBreak to the thread that it was meant for.
//
// zioSysmonReady waits until a descriptor may be ready and reports whether one may
// be. It takes no event.
//
// zioRingNew returns what the backend needs to perform batches, nil if it cannot
// have it. zioRing is a type of the backend; zioRingStats adds up its counters.
//
// zioFlightNew returns what the backend needs for operations in flight, nil if it
// cannot have it; zioFlight is a type of the backend, too. zioLaunched returns how many
// operations the kernel has of it. It is a guess where others launch and reap.
//
// zioLaunch is zioPerform for those operations of the batch that will be in flight. The
// others stay in it.
//
// zioPerform performs the operations of a batch, of which there is at least one. It
// calls finish for each attempt, and launch for each operation that it gives to the
// kernel and land when that has ended, which may be in any later zioNetpoll. Until
// then the operation counts as a waiter (netpollAdjustWaiters).
//
// zioCancel asks the kernel to end an operation that is in state
// zioStateCanceling. It ends as any other.
//
// zioRecv and zioSend perform one operation. They are nosplit.
//
// zioThreadTime returns the processor time that the thread of mp has used, in ns, 0 if
// the system does not tell.
//
// zioSetEntry is a type of the backend, for what it must know of a pollDesc.
//
// What the scheduler calls
//
// findRunnable calls zioTick and zioLook for every goroutine, zioYield before one
// that computes for long, zioRunQueued and zioSteal before it goes idle;
// reentersyscall, LockOSThread, fork and whoever gives a P to a thread of somebody
// else call zioFlushNow; P.destroy calls zioFlushStopped. handoffp, procresize and
// pollWork ask zioQueued. sysmon calls what is in zio_sysmon.go.

// Backends, in the order of preference.
const (
	zioOff   = iota // upstream's poller, untouched
	zioUring        // readiness by epoll, attempts by io_uring
	zioEpoll        // readiness by epoll, attempts by the goroutine
	zioPoll         // readiness by poll(2), attempts by the goroutine
)

var zioBackendNames = [...]string{zioOff: "off", zioUring: "io_uring", zioEpoll: "epoll", zioPoll: "poll"}

// What an operation performs.
const (
	zioOpReady = iota // nothing: the goroutine waits until the descriptor is ready
	zioOpRecv
	zioOpSend
	zioOpRead  // from a file, at an offset
	zioOpWrite // to a file, at an offset
	zioOpSync  // fsync(2)
)

var zioOpNames = [...]string{
	zioOpReady: "wait", zioOpRecv: "receive", zioOpSend: "send",
	zioOpRead: "read", zioOpWrite: "write", zioOpSync: "sync",
}

// How a backend performs an operation.
const (
	zioNo            = iota // not at all
	zioReadyThenCall        // the goroutine does, when the descriptor is ready
	zioNative               // the backend does, in a batch
	zioInflight             // the backend does, and it is in flight meanwhile
)

var zioCapabilityNames = [...]string{zioNo: "no", zioReadyThenCall: "ready", zioNative: "batch", zioInflight: "flight"}

// What a descriptor is, for who wants to know what a goroutine waits for.
const (
	zioOnOther  = iota // a pipe, a terminal, a device
	zioOnSocket        // a socket
	zioOnFile          // a regular file
	zioOnChild         // the pidfd of a process
)

var zioOnNames = [...]string{zioOnOther: "descriptor", zioOnSocket: "socket", zioOnFile: "file", zioOnChild: "child"}

// Results of an operation that no system call returns. They are negative, as
// error numbers are, and far below the range of error numbers.
const (
	// zioAgain means that there is nothing to do until the descriptor is
	// ready.
	zioAgain = -1 << 19

	// zioRedo means that the backend did not perform the operation, or
	// performed it without effect in a way that only a direct system call
	// reports right. The goroutine must perform it.
	zioRedo = -1 << 20

	// zioEnded means that a wait ended before the descriptor was ready.
	// netpollcheckerr says why; if it does not, the goroutine waits again.
	zioEnded = -1<<20 - 1

	// zioErrBase-pollErr* is the result of an operation that ended because
	// of a poll error.
	zioErrBase = -1 << 21
)
