//go:build linux

// Prog holds the stress programs. Each file is one of them and says what it
// shows; the driver in the parent directory runs them on every backend.
package main

import (
	"flag"
	"io"
	"runtime"
	"runtime/trace"
	"time"

	"github.com/zio-go/zio/test/internal/work"
)

var programs = map[string]func(*work.W){}

var (
	withTrace = flag.Bool("trace", false, "run with the execution tracer on")
	withProcs = flag.Bool("changeprocs", false, "change GOMAXPROCS all the time")
	withStops = flag.Bool("stops", false, "stop the world all the time")
	withGC    = flag.Bool("gc", false, "collect garbage all the time")
)

func main() {
	work.Main(programs,
		option(withTrace, func(stop <-chan struct{}) {
			work.Must(trace.Start(io.Discard))
			<-stop
			trace.Stop()
		}),
		option(withProcs, repeat(changeProcs)),
		option(withStops, repeat(func() {
			var ms runtime.MemStats
			runtime.ReadMemStats(&ms)
			time.Sleep(200 * time.Microsecond)
		})),
		option(withGC, repeat(func() {
			runtime.GC()
			time.Sleep(100 * time.Microsecond)
		})),
	)
}

// option runs f beside the program if the flag is set.
func option(on *bool, f func(stop <-chan struct{})) func() func() {
	return func() func() {
		if !*on {
			return func() {}
		}
		stop := make(chan struct{})
		done := make(chan struct{})
		go func() {
			f(stop)
			close(done)
		}()
		return func() {
			close(stop)
			<-done
		}
	}
}

func repeat(f func()) func(<-chan struct{}) {
	return func(stop <-chan struct{}) {
		for {
			select {
			case <-stop:
				return
			default:
				f()
			}
		}
	}
}

var nextProcs = 0

func changeProcs() {
	procs := []int{1, 8, 2, 5, 3, 1, 2}
	runtime.GOMAXPROCS(procs[nextProcs%len(procs)])
	nextProcs++
	time.Sleep(500 * time.Microsecond)
}
