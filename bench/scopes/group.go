//go:build zio

package main

import (
	"fmt"
	"net"
	"runtime"
	"sync"
	"time"
	"zio"

	"github.com/sourcegraph/conc"
	"golang.org/x/sync/errgroup"
)

// groups measures how long it takes to start n tasks and to wait for them.
func groups(out map[string]float64) {
	task := func() error { return nil }
	for _, n := range []int{1, 10, 100, 1000, 100_000} {
		ns, ratio := compare(cpu, max(1, 40_000/n),
			func() {
				check(zio.Run(nil, func(g *zio.Group) error {
					for range n {
						g.Go(task)
					}
					return nil
				}))
			},
			func() {
				var g errgroup.Group
				for range n {
					g.Go(task)
				}
				check(g.Wait())
			},
			func() {
				var wg conc.WaitGroup
				for range n {
					wg.Go(func() { task() })
				}
				wg.Wait()
			},
			func() {
				var wg sync.WaitGroup
				for range n {
					wg.Go(func() { task() })
				}
				wg.Wait()
			},
		)
		for i, name := range []string{"zio", "errgroup", "conc", "waitgroup"} {
			out[fmt.Sprintf("%s_%d_ns", name, n)] = ns[i] / float64(n)
		}
		// The faster of the two has the smaller ratio to zio.
		out[fmt.Sprintf("run_%d", n)] = 1 / min(ratio[1], ratio[2])
	}
	perTask(true) // what is made once is there
	out["task_bytes"] = perTask(true) - perTask(false)
}

// perTask returns the memory of a task, or of a goroutine, that waits in a read, in
// bytes.
func perTask(task bool) float64 {
	conns := silent(4000)
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	before := inUse()
	var bytes float64
	measure := func() {
		time.Sleep(300 * time.Millisecond)
		bytes = float64(inUse()-before) / float64(len(conns))
		for _, c := range conns {
			c.SetReadDeadline(time.Unix(1, 0))
		}
	}
	read := func(c net.PacketConn) { c.ReadFrom(make([]byte, 1)) }
	if task {
		zio.Run(nil, func(g *zio.Group) error {
			for _, c := range conns {
				g.Go(func() error { read(c); return nil })
			}
			measure()
			return nil
		})
		return bytes
	}
	var wg sync.WaitGroup
	for _, c := range conns {
		wg.Go(func() { read(c) })
	}
	measure()
	wg.Wait()
	return bytes
}

// inUse returns what the program has in use, after what it has not is gone.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
