//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/zio-go/zio/test/internal/seccomp"
	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
	"golang.org/x/sys/unix"
)

func init() { programs["forbidden"] = forbidden }

// forbidden forbids a system call to itself while most goroutines are in the
// middle of a Write, a part of which has been sent. What arrives is what the
// Writes say was sent, each byte once.
func forbidden(args []string) {
	call, errno := seccomp.Calls[args[0]], seccomp.Errnos[args[1]]
	f := &flows{errno: syscall.Errno(errno)}
	for _, network := range []string{"tcp", "unix", "pipe"} {
		for _, size := range []int{100, 3000, 7000, 16000, 40000} {
			for range 3 {
				f.add(network, size)
			}
		}
	}
	f.wait(8 << 10)
	runtime.LockOSThread()
	_, err := seccomp.Install(seccomp.Rules{call: errno}, true)
	work.Must(err)
	runtime.UnlockOSThread()
	time.Sleep(20 * time.Millisecond)
	f.wait(8 << 10)
	f.end()
	fmt.Println("failed writes:", f.failed.Load() > 0)
}

// flows are connections whose buffers are small, so that it takes many sends to
// write what is written at once.
type flows struct {
	errno  syscall.Errno // with which a write may fail
	stop   atomic.Bool
	failed atomic.Int64
	moved  []*atomic.Int64 // bytes received
	wg     sync.WaitGroup
}

// pair returns two ends, of a connection or of a pipe in blocking mode.
func (f *flows) pair(network string) (c io.WriteCloser, s io.ReadCloser) {
	addr := "127.0.0.1:0"
	switch network {
	case "pipe":
		var fds [2]int
		work.Must(unix.Pipe2(fds[:], unix.O_CLOEXEC))
		work.Must1(unix.FcntlInt(uintptr(fds[0]), unix.F_SETPIPE_SZ, 4096))
		return os.NewFile(uintptr(fds[1]), "w"), os.NewFile(uintptr(fds[0]), "r")
	case "unix":
		addr = fmt.Sprintf("@zioflow-%d-%d", os.Getpid(), len(f.moved))
	}
	ln := work.Must1(net.Listen(network, addr))
	defer ln.Close()
	dialed := work.Must1(net.Dial(network, ln.Addr().String()))
	accepted := work.Must1(ln.Accept())
	work.Must(dialed.(interface{ SetWriteBuffer(int) error }).SetWriteBuffer(8 << 10))
	work.Must(accepted.(interface{ SetReadBuffer(int) error }).SetReadBuffer(16 << 10))
	return dialed, accepted
}

func (f *flows) add(network string, size int) {
	c, s := f.pair(network)
	seed := uint64(len(f.moved))
	moved := new(atomic.Int64)
	f.moved = append(f.moved, moved)
	var sent atomic.Int64
	f.wg.Go(func() {
		defer c.Close()
		cur := stream.Cursor{Seed: seed}
		b := make([]byte, size)
		for !f.stop.Load() {
			cur.Next(b)
			n, err := c.Write(b)
			sent.Add(int64(n))
			if err != nil {
				if !errors.Is(err, f.errno) {
					work.Failf("write: %d %v", n, err)
				}
				f.failed.Add(1)
				return
			}
		}
	})
	f.wg.Go(func() {
		defer s.Close()
		rnd := rand.New(rand.NewPCG(seed, 1))
		cur := stream.Cursor{Seed: seed}
		b := make([]byte, 5000)
		for {
			n, err := s.Read(b[:1+rnd.IntN(len(b))])
			work.Must(cur.Expect(b[:n]))
			moved.Add(int64(n))
			if err == io.EOF {
				break
			}
			work.Must(err)
			if rnd.IntN(16) == 0 {
				time.Sleep(100 * time.Microsecond)
			}
		}
		if cur.Off != sent.Load() {
			work.Failf("%s, %d at once: sent %d bytes, received %d", network, size, sent.Load(), cur.Off)
		}
	})
}

// wait waits until n more bytes were received on every connection, or every
// writer has failed.
func (f *flows) wait(n int64) {
	var until []int64
	for _, m := range f.moved {
		until = append(until, m.Load()+n)
	}
	for i, m := range f.moved {
		for m.Load() < until[i] && f.failed.Load() == 0 {
			pause()
		}
	}
}

func (f *flows) end() {
	f.stop.Store(true)
	f.wg.Wait()
}
