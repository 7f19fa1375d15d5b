//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"time"
	"unsafe"

	"github.com/zio-go/zio/test/internal/work"
	"golang.org/x/sys/unix"
)

func init() {
	programs["beside"] = beside
	programs["beside-client"] = besideClient
}

const besideRequests = 1000

// beside answers requests beside a goroutine that computes, and prints how much
// CPU time of the program goes by, per request and inside the longest Write, in
// microseconds, and which Writes took more than a millisecond of it. What other
// programs do to this one does not count.
func beside([]string) {
	ln := work.Must1(net.Listen("tcp", "127.0.0.1:0"))
	cmd := self("beside-client", ln.Addr().String())
	cmd.Env = append(os.Environ(), "GODEBUG=zio=off", "GOMAXPROCS=1")
	work.Must(cmd.Start())
	c := work.Must1(ln.Accept())
	go func() {
		for x := 0; ; x++ {
		}
	}()
	var longest time.Duration
	var late []int
	start := processTime()
	b := make([]byte, 100)
	for i := 1; ; i++ {
		n, err := c.Read(b)
		if err == io.EOF {
			break
		}
		work.Must(err)
		before := processTime()
		work.Must1(c.Write(b[:n]))
		d := processTime() - before
		longest = max(longest, d)
		if d > time.Millisecond {
			late = append(late, i)
		}
	}
	work.Must(cmd.Wait())
	each := (processTime() - start) / besideRequests
	fmt.Println("each", each.Microseconds(), "longest", longest.Microseconds(), "late", len(late), late)
}

// processTime is CPU time with the resolution of a clock. The runtime does not
// learn of the system call, during which it could give the P away.
func processTime() time.Duration {
	var ts unix.Timespec
	unix.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_PROCESS_CPUTIME_ID, uintptr(unsafe.Pointer(&ts)), 0)
	return time.Duration(ts.Nano())
}

func besideClient(args []string) {
	c := work.Must1(net.Dial("tcp", args[0]))
	b := make([]byte, 64)
	for range besideRequests {
		work.Must1(c.Write(b))
		work.Must1(io.ReadFull(c, b))
		time.Sleep(200 * time.Microsecond)
	}
	c.Close()
}
