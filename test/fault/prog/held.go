//go:build linux

package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
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

// held writes a message just before a goroutine keeps the same P busy, again
// and again: it computes, or is in a system call. Another process looks when
// the messages come: a send that waits for a batch must not wait for the
// goroutine.
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
	const rounds = 25
	for range rounds {
		sent, computed := make(chan struct{}), make(chan struct{})
		go func() {
			busy()
			close(computed)
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
		<-computed
		pause()
	}
	c.Close()
	fmt.Print(string(work.Must1(io.ReadAll(out))))
	work.Must(cmd.Wait())
}

// heldSink prints how late messages come, in microseconds: median and maximum.
func heldSink(args []string) {
	c := work.Must1(net.Dial("tcp", args[0]))
	var late []int64
	var b [8]byte
	for {
		if _, err := io.ReadFull(c, b[:]); err != nil {
			break
		}
		late = append(late, (monotonic()-int64(binary.LittleEndian.Uint64(b[:])))/1000)
	}
	slices.Sort(late)
	fmt.Println("messages", len(late), "median", late[len(late)/2], "max", late[len(late)-1])
}
