//go:build linux

package main

import (
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

// traffic is a number of connections on which messages go back and forth and
// are checked, until it is stopped.
type traffic struct {
	stop   atomic.Bool
	rounds atomic.Int64
	wg     sync.WaitGroup
	start  chan struct{}
}

func newTraffic(conns int) *traffic {
	tr := newTrafficHeld(conns)
	tr.release()
	return tr
}

// newTrafficHeld has everything ready and does nothing until release.
func newTrafficHeld(conns int) *traffic {
	tr := &traffic{start: make(chan struct{})}
	ln := work.Must1(net.Listen("tcp", "127.0.0.1:0"))
	for i := range conns {
		c := work.Must1(net.Dial("tcp", ln.Addr().String()))
		s := work.Must1(ln.Accept())
		go func() {
			buf := make([]byte, 1024)
			for {
				n, err := s.Read(buf)
				if err == io.EOF {
					s.Close()
					return
				}
				work.Must(err)
				work.Must1(s.Write(buf[:n]))
			}
		}()
		tr.wg.Go(func() {
			defer c.Close()
			cur := stream.Cursor{Seed: uint64(i)}
			b := make([]byte, 100)
			<-tr.start
			for !tr.stop.Load() {
				off := cur.Off
				cur.Next(b)
				work.Must1(c.Write(b))
				work.Must1(io.ReadFull(c, b))
				work.Must(stream.Check(b, cur.Seed, off))
				tr.rounds.Add(1)
			}
		})
	}
	ln.Close()
	return tr
}

func (tr *traffic) release() { close(tr.start) }

// wait waits for n more rounds.
func (tr *traffic) wait(n int64) {
	until := tr.rounds.Load() + n
	for tr.rounds.Load() < until {
		pause()
	}
}

func (tr *traffic) end() {
	tr.stop.Store(true)
	tr.wg.Wait()
}
