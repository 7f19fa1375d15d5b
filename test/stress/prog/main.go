//go:build linux

// Prog holds the stress programs. Each file is one of them and says what it
// shows; the driver in the parent directory runs them on every backend.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/trace"
	"time"

	"github.com/zio-go/zio/test/internal/work"
)

var programs = map[string]func(*work.W){}

var (
	traceDir  = flag.String("traces", "", "write execution traces to `directory`")
	withProcs = flag.Bool("changeprocs", false, "change GOMAXPROCS all the time")
	withStops = flag.Bool("stops", false, "stop the world all the time")
	withGC    = flag.Bool("gc", false, "collect garbage all the time")
)

func main() {
	work.Main(programs,
		option(func() bool { return *traceDir != "" }, writeTraces),
		option(isSet(withProcs), repeat(changeProcs)),
		option(isSet(withStops), repeat(func() {
			var ms runtime.MemStats
			runtime.ReadMemStats(&ms)
			time.Sleep(200 * time.Microsecond)
		})),
		option(isSet(withGC), repeat(func() {
			runtime.GC()
			time.Sleep(100 * time.Microsecond)
		})),
	)
}

// writeTraces writes one execution trace after the other, so that each begins
// and ends in the middle of everything.
func writeTraces(stop <-chan struct{}) {
	for n, stopped := 0, false; !stopped; n++ {
		f := work.Must1(os.Create(fmt.Sprintf("%s/%d.trace", *traceDir, n)))
		work.Must(trace.Start(f))
		select {
		case <-stop:
			stopped = true
		case <-time.After(15 * time.Millisecond):
		}
		trace.Stop()
		work.Must(f.Close())
	}
}

func isSet(flag *bool) func() bool { return func() bool { return *flag } }

// option runs f beside the program if on says so once the flags are parsed.
func option(on func() bool, f func(stop <-chan struct{})) func() func() {
	return func() func() {
		if !on() {
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
