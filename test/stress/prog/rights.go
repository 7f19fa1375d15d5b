//go:build linux

// Descriptors in messages: on a Unix stream each message with descriptors ends
// the read that receives it, though more may be queued behind it. Senders mix
// plain writes with messages that carry a descriptor; receivers mix plain
// reads, which drop descriptors, with ReadMsgUnix.
package main

import (
	"io"
	"math/rand/v2"
	"net"
	"os"
	"syscall"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["rights"] = rights
}

func rights(w *work.W) {
	p := newPairer("unix")
	for i := range 12 {
		c, s := p.pair()
		seed := w.Seed + uint64(i)
		total := make(chan int64, 1)
		w.Go(1, func(int) { rightsSend(w, c.(*net.UnixConn), seed, total) })
		w.Go(1, func(int) { rightsRecv(w, s.(*net.UnixConn), seed, total) })
	}
	p.close()
	before := fds()
	w.Wait()
	if after := fds(); after > before {
		work.Failf("%d descriptors at the start, %d at the end", before, after)
	}
}

func rightsSend(w *work.W, c *net.UnixConn, seed uint64, total chan<- int64) {
	defer c.Close()
	null := work.Must1(os.Open(os.DevNull))
	defer null.Close()
	control := syscall.UnixRights(int(null.Fd()))
	rnd := rand.New(rand.NewPCG(seed, 7))
	out := stream.Cursor{Seed: seed}
	buf := make([]byte, 2000)
	for w.Running() {
		n := 1 + rnd.IntN(len(buf))
		out.Next(buf[:n])
		if rnd.IntN(2) == 0 {
			work.Must1(c.Write(buf[:n]))
			continue
		}
		m, _, err := c.WriteMsgUnix(buf[:n], control, nil)
		work.Must(err)
		if m < n {
			work.Must1(c.Write(buf[m:n]))
		}
	}
	total <- out.Off
}

func rightsRecv(w *work.W, s *net.UnixConn, seed uint64, total <-chan int64) {
	defer s.Close()
	rnd := rand.New(rand.NewPCG(seed, 8))
	in := stream.Cursor{Seed: seed}
	buf := make([]byte, 8192)
	control := make([]byte, 256)
	for {
		var n int
		var err error
		if rnd.IntN(2) == 0 {
			n, err = s.Read(buf)
		} else {
			var cn int
			n, cn, _, _, err = s.ReadMsgUnix(buf, control)
			closeRights(control[:cn])
			if err == nil && n == 0 {
				err = io.EOF
			}
		}
		work.Must(in.Expect(buf[:n]))
		w.Add(n)
		if err == io.EOF {
			break
		}
		work.Must(err)
	}
	if want := <-total; in.Off != want {
		work.Failf("stream %#x: %d bytes sent, %d received", seed, want, in.Off)
	}
}

func closeRights(control []byte) {
	msgs, err := syscall.ParseSocketControlMessage(control)
	work.Must(err)
	for i := range msgs {
		fds, err := syscall.ParseUnixRights(&msgs[i])
		work.Must(err)
		for _, fd := range fds {
			syscall.Close(fd)
		}
	}
}
