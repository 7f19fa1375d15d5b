//go:build linux

package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"time"

	"github.com/zio-go/zio/test/internal/work"
	"golang.org/x/sys/unix"
)

func init() {
	programs["held"] = held
	programs["held-sink"] = heldSink
}

// hold is how long a goroutine keeps its P, which is preempted or taken away
// after 10 ms.
const hold = 40 * time.Millisecond

func monotonic() int64 {
	var ts unix.Timespec
	work.Must(unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts))
	return ts.Nano()
}

// held writes a message just before a goroutine keeps the same P busy: it
// computes, or is in a system call. Another process looks when the message
// comes: a send that waits for a batch must not wait for the goroutine. It does
// so once only, since the runtime sends directly after one that was late.
func held(args []string) {
	busy := func() {
		for end := time.Now().Add(hold); time.Now().Before(end); {
		}
	}
	if args[0] == "syscall" {
		busy = func() {
			ts := unix.NsecToTimespec(int64(hold))
			unix.Nanosleep(&ts, nil)
		}
	}

	ln := work.Must1(net.Listen("tcp", "127.0.0.1:0"))
	cmd := self("held-sink", ln.Addr().String())
	out := work.Must1(cmd.StdoutPipe())
	work.Must(cmd.Start())
	c := work.Must1(ln.Accept())
	pause()
	sent, done := make(chan struct{}), make(chan struct{})
	go func() {
		busy()
		close(done)
	}()
	// Runs first, as the last one that was started.
	go func() {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], uint64(monotonic()))
		work.Must1(c.Write(b[:]))
		close(sent)
	}()
	runtime.Gosched()
	<-sent
	<-done
	c.Close()
	fmt.Print(string(work.Must1(io.ReadAll(out))))
	work.Must(cmd.Wait())
}

// heldSink prints how late the message comes, in microseconds.
func heldSink(args []string) {
	c := work.Must1(net.Dial("tcp", args[0]))
	var b [8]byte
	work.Must1(io.ReadFull(c, b[:]))
	fmt.Println("late", (monotonic()-int64(binary.LittleEndian.Uint64(b[:])))/1000)
}
