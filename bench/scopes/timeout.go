//go:build zio

package main

import (
	"context"
	"time"
	"zio"
)

// timeouts measures a read of data that is there, with a timeout, as programs have one.
func timeouts(out map[string]float64) {
	c, s := connect("tcp")
	b := make([]byte, 16)
	const reads = 2000
	many := make([]byte, reads*len(b))
	// The other side writes for a round of reads at once, so that what is measured is
	// the read and its timeout.
	left := 0
	read := func() error {
		_, err := c.Read(b)
		return err
	}
	ready := func() {
		if left--; left < 0 {
			_, err := s.Write(many)
			check(err)
			left = reads - 1
		}
	}
	ns, ratio := compare(cpu, 3*reads,
		func() { ready(); check(zio.Timeout(time.Second, read)) },
		func() {
			ready()
			c.SetReadDeadline(time.Now().Add(time.Second))
			check(read())
			c.SetReadDeadline(time.Time{})
		},
		func() {
			ready()
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			ended := make(chan struct{})
			watched := make(chan struct{})
			go func() {
				defer close(watched)
				select {
				case <-ctx.Done():
					c.SetReadDeadline(time.Unix(1, 0))
				case <-ended:
				}
			}()
			check(read())
			close(ended)
			<-watched
			cancel()
		},
		func() { ready(); check(read()) },
		func() { check(zio.Timeout(time.Second, func() error { return nil })) },
	)
	out["timeout_ns"], out["deadline_ns"], out["context_ns"], out["read_ns"], out["empty_ns"] = ns[0], ns[1], ns[2], ns[3], ns[4]
	out["timeout_deadline"], out["timeout_context"] = 1/ratio[1], 1/ratio[2]
}
