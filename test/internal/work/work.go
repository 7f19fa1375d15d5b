// Package work is the frame of the stress programs: it runs one of several
// programs for a while, counts what it does, and ends with a dump of all
// stacks when nothing is done any more.
package work

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A W is one run of a program.
type W struct {
	end      time.Time
	Seed     uint64
	bytes    atomic.Int64
	ops      atomic.Int64
	progress atomic.Int64
	wg       sync.WaitGroup
}

// stuck is how long a program may make no progress.
const stuck = 20 * time.Second

// Main runs the program named on the command line, for the time given with -t.
// Its last line of output starts with "done".
func Main(programs map[string]func(*W), options ...func() func()) {
	debug.SetTraceback("all")
	d := flag.Duration("t", 200*time.Millisecond, "how `long`")
	seed := flag.Uint64("seed", rand.Uint64(), "seed of the contents")
	flag.Parse()
	f := programs[flag.Arg(0)]
	if f == nil {
		var names []string
		for name := range programs {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Println(name)
		}
		os.Exit(2)
	}
	w := &W{end: time.Now().Add(*d), Seed: *seed}
	go w.watch()
	var undo []func()
	for _, o := range options {
		undo = append(undo, o())
	}
	f(w)
	w.wg.Wait()
	for _, u := range undo {
		u()
	}
	fmt.Printf("done ops=%d bytes=%d ring=%d backend=%s\n", w.ops.Load(), w.bytes.Load(), Metric("/zio/ring/ops:ops"), Backend())
}

// watch ends a program that makes no progress. It looks seldom, since each
// look wakes the scheduler and may help over what should be found.
func (w *W) watch() {
	last, since := int64(-1), time.Now()
	for {
		time.Sleep(stuck / 4)
		if p := w.progress.Load(); p != last {
			last, since = p, time.Now()
		} else if time.Since(since) > stuck {
			panic(fmt.Sprintf("no progress for %v after %d operations, %d bytes (seed %d)", stuck, w.ops.Load(), w.bytes.Load(), w.Seed))
		}
	}
}

// Running reports whether the program should go on: until its time is over, and on a
// machine that is too slow or too busy for that until it has done something.
func (w *W) Running() bool { return time.Now().Before(w.end) || w.ops.Load() == 0 }

// Add counts an operation that moved n bytes.
func (w *W) Add(n int) {
	w.ops.Add(1)
	w.bytes.Add(int64(n))
	w.progress.Add(1)
}

// Go runs f n times at once, with the numbers from 0.
func (w *W) Go(n int, f func(i int)) {
	for i := range n {
		w.wg.Go(func() { f(i) })
	}
}

// Wait waits for what Go started.
func (w *W) Wait() { w.wg.Wait() }

// Must ends the program if err is not nil.
func Must(err error) {
	if err != nil {
		panic(err)
	}
}

// Must1 returns v, or ends the program if err is not nil.
func Must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Failf ends the program.
func Failf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}

// Settle waits until no more than n goroutines are left, and ends the program
// if there still are.
func Settle(n int) {
	for range 500 {
		if runtime.NumGoroutine() <= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	Failf("%d goroutines are left, want %d", runtime.NumGoroutine(), n)
}

// Metric returns a metric's value, 0 if there is none of this name.
func Metric(name string) uint64 {
	s := []metrics.Sample{{Name: name}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s[0].Value.Uint64()
}

// Backend returns the name of the backend in use, "stock" in a program built
// with an unpatched toolchain.
func Backend() string {
	for _, name := range []string{"io_uring", "epoll", "poll", "off"} {
		if Metric("/zio/backend/"+name+":bool") == 1 {
			return name
		}
	}
	return "stock"
}
