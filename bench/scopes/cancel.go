//go:build zio

package main

import (
	"errors"
	"net"
	"time"
	"zio"
)

var errStop = errors.New("stop")

// cancels measures how long it takes until 10,000 tasks that wait in Read have all
// returned.
func cancels(out map[string]float64) {
	const n = 10_000
	conns := silent(n)
	var ms, used []float64
	for range 7 {
		var start, began time.Duration
		err := zio.Run(nil, func(g *zio.Group) error {
			for _, c := range conns {
				g.Go(func() error { _, _, err := c.ReadFrom(make([]byte, 1)); return err })
			}
			time.Sleep(300 * time.Millisecond) // all wait
			start, began = wall(), cpu()
			return errStop
		})
		ms = append(ms, float64(wall()-start)/1e6)
		used = append(used, float64(cpu()-began)/1e6)
		if err != errStop {
			panic(err)
		}
	}
	out["cancel_ms"], out["cancel_cpu_ms"] = median(ms), median(used)
}

// silent returns n sockets that nobody sends to: a descriptor each.
func silent(n int) []net.PacketConn {
	conns := make([]net.PacketConn, n)
	for i := range conns {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		check(err)
		conns[i] = c
	}
	return conns
}
