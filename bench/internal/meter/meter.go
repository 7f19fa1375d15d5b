// Package meter is the small part that all measured servers share: it tells
// the runner where the server listens and, at SIGTERM, prints one line of JSON
// with what the process has used. It depends on nothing but the standard
// library and knows nothing of zio.
package meter

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"syscall"
)

// Messages counts what the server has handled. Servers add to it when a
// connection ends and not per message, so that counting costs nothing.
var Messages atomic.Int64

var (
	mu    sync.Mutex
	extra = map[string]float64{}
)

// Set records a named figure for the final line.
func Set(name string, v float64) {
	mu.Lock()
	extra[name] = v
	mu.Unlock()
}

// Ready prints the line that the runner waits for, and arranges for the final
// line at SIGTERM. The hooks run just before that line is made.
func Ready(addr string, hooks ...func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	go func() {
		<-c
		for _, f := range hooks {
			f()
		}
		Print()
		os.Exit(0)
	}()
	fmt.Printf("{\"listen\":%q}\n", addr)
}

// Print writes the final line.
func Print() {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	line, err := json.Marshal(map[string]any{
		"user":     seconds(r.Utime),
		"sys":      seconds(r.Stime),
		"maxrss":   r.Maxrss,
		"vcsw":     r.Nvcsw,
		"ivcsw":    r.Nivcsw,
		"threads":  pprof.Lookup("threadcreate").Count(),
		"messages": Messages.Load(),
		"extra":    extra,
	})
	if err != nil {
		Fatal(err)
	}
	fmt.Printf("%s\n", line)
}

func seconds(t syscall.Timeval) float64 {
	return float64(t.Sec) + float64(t.Usec)/1e6
}

// Fatal ends the server with a message on stderr.
func Fatal(err error) {
	fmt.Fprintln(os.Stderr, os.Args[0]+":", err)
	os.Exit(1)
}
