//go:build linux

// Datagrams in lockstep per socket pair, connected and not: each is answered
// before the next is sent, so none is dropped, and each must arrive whole,
// also when it is empty.
package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"time"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["datagram"] = datagram
}

func datagram(w *work.W) {
	w.Go(32, func(i int) {
		var server net.PacketConn
		if i%2 == 0 {
			server = work.Must1(net.ListenPacket("udp", "127.0.0.1:0"))
		} else {
			server = work.Must1(net.ListenPacket("unixgram", sockName()))
		}
		go func() {
			buf := make([]byte, 4096)
			for {
				n, from, err := server.ReadFrom(buf)
				if errors.Is(err, net.ErrClosed) {
					return
				}
				work.Must(err)
				work.Must1(server.WriteTo(buf[:n], from))
			}
		}()
		client := dialPacket(server)
		defer server.Close()
		defer client.Close()
		rnd := rand.New(rand.NewPCG(w.Seed, uint64(i)))
		cur := stream.Cursor{Seed: w.Seed + uint64(i)}
		buf := make([]byte, 4096)
		for w.Running() {
			n := rnd.IntN(2000)
			off := cur.Off
			cur.Next(buf[:n])
			work.Must1(client.Write(buf[:n]))
			m, err := 0, error(nil)
			for {
				// Under a deadline that may pass in between.
				client.SetReadDeadline(time.Now().Add(time.Duration(rnd.IntN(2000)) * time.Microsecond))
				if m, err = client.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
					break
				}
				w.Add(0)
			}
			work.Must(err)
			if m != n {
				work.Failf("a datagram of %d bytes came back with %d", n, m)
			}
			work.Must(stream.Check(buf[:m], cur.Seed, off))
			w.Add(m)
		}
	})
}

// dialPacket returns a socket that is connected to server.
func dialPacket(server net.PacketConn) net.Conn {
	a := server.LocalAddr()
	if a.Network() == "udp" {
		return work.Must1(net.Dial("udp", a.String()))
	}
	local := &net.UnixAddr{Name: fmt.Sprintf("%s-c%d", a, sockCount.Add(1)), Net: "unixgram"}
	return work.Must1(net.DialUnix("unixgram", local, a.(*net.UnixAddr)))
}
