// The same echo server on gnet, whose event loops call back instead of giving
// each connection a goroutine: what a Go program does today for speed.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"sync/atomic"
	"syscall"

	"github.com/panjf2000/gnet/v2"
)

const msg = 64 // bytes of a message, for the count

var bytes atomic.Int64

type echo struct {
	gnet.BuiltinEventEngine
	addr string
}

func (e *echo) OnBoot(gnet.Engine) gnet.Action {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	go func() {
		<-c
		finish()
	}()
	fmt.Printf("{\"listen\":%q}\n", e.addr)
	return gnet.None
}

func (e *echo) OnOpen(c gnet.Conn) ([]byte, gnet.Action) {
	c.SetContext(new(int64))
	return nil, gnet.None
}

func (e *echo) OnTraffic(c gnet.Conn) gnet.Action {
	b, err := c.Next(-1)
	if err != nil {
		return gnet.Close
	}
	if _, err := c.Write(b); err != nil {
		return gnet.Close
	}
	*c.Context().(*int64) += int64(len(b))
	return gnet.None
}

func (e *echo) OnClose(c gnet.Conn, _ error) gnet.Action {
	bytes.Add(*c.Context().(*int64))
	return gnet.None
}

// finish prints the line of bench/internal/wire, which this module cannot import.
func finish() {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	line, _ := json.Marshal(map[string]any{
		"user": seconds(r.Utime), "sys": seconds(r.Stime), "maxrss": r.Maxrss,
		"vcsw": r.Nvcsw, "ivcsw": r.Nivcsw,
		"threads": pprof.Lookup("threadcreate").Count(), "messages": bytes.Load() / msg,
	})
	fmt.Printf("%s\n", line)
	os.Exit(0)
}

func main() {
	// gnet cannot tell which port it got, so one is taken and given back.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	addr := l.Addr().String()
	l.Close()
	err = gnet.Run(&echo{addr: addr}, "tcp://"+addr,
		gnet.WithNumEventLoop(runtime.GOMAXPROCS(0)), gnet.WithTCPNoDelay(gnet.TCPNoDelay), gnet.WithLogger(quiet{}))
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
