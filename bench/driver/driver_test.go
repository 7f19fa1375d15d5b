package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/zio-go/zio/bench/internal/wire"
)

// The loops block their thread without telling the scheduler, and here the
// server is in the same process: it needs a processor of its own, and nothing
// may stop the world.
func setup(t *testing.T) *config {
	procs, gc := runtime.GOMAXPROCS(4), debug.SetGCPercent(-1)
	t.Cleanup(func() {
		runtime.GOMAXPROCS(procs)
		debug.SetGCPercent(gc)
	})
	return &config{pid: os.Getpid(), conns: 8, window: 1, size: 64, msgs: 2000, warm: 200}
}

// twice measures two times and returns the figures of the second.
func (c *config) twice(mode func(*config) (session, error)) (r wire.Result, err error) {
	var out bytes.Buffer
	if err := c.serve(mode, strings.NewReader("\n\n"), &out); err != nil {
		return r, err
	}
	dec := json.NewDecoder(&out)
	for err == nil {
		var line wire.Result
		if err = dec.Decode(&line); line.Values != nil {
			r.Values = line.Values
		}
		r.Messages = max(r.Messages, line.Messages)
	}
	return r, nil
}

func listen(t *testing.T, serve func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return l.Addr().String()
}

func echoServer(c net.Conn) {
	buf := make([]byte, 1024)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		c.Write(buf[:n])
	}
}

func TestEcho(t *testing.T) {
	for _, window := range []int{1, 16} {
		c := setup(t)
		c.addr, c.window, c.latency, c.split = listen(t, echoServer), window, window == 1, window > 1
		r, err := c.twice(echoMode)
		if err != nil {
			t.Fatal(err)
		}
		if r.Messages != 2*c.msgs+c.warm || r.Values["cpu_us"] <= 0 {
			t.Errorf("window %d: %+v", window, r)
		}
		if p50, p99 := r.Values["p50_us"], r.Values["p99_us"]; c.latency && (p50 <= 0 || p99 < p50) {
			t.Errorf("p50 %v, p99 %v", p50, p99)
		}
	}
}

func TestEchoThinks(t *testing.T) {
	c := setup(t)
	c.addr, c.think, c.latency = listen(t, echoServer), time.Millisecond, true
	c.msgs, c.warm, c.duration = 1<<40, 8, 50*time.Millisecond
	r, err := c.twice(echoMode)
	if err != nil {
		t.Fatal(err)
	}
	// 8 connections, each with a message per ms at most.
	if n := r.Messages; n < 8 || n > 2000 {
		t.Errorf("%d messages", n)
	}
}

func TestEchoNoticesWrongBytes(t *testing.T) {
	c := setup(t)
	n := 0
	c.conns = 1
	c.addr = listen(t, func(conn net.Conn) {
		buf := make([]byte, 64)
		for {
			if _, err := io.ReadFull(conn, buf); err != nil {
				return
			}
			if n++; n == 1000 {
				buf[63]++
			}
			conn.Write(buf)
		}
	})
	if _, err := c.twice(echoMode); err == nil || !strings.Contains(err.Error(), "wrong bytes") {
		t.Errorf("err = %v", err)
	}
}

func TestHTTP(t *testing.T) {
	c := setup(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) })}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	c.addr = l.Addr().String()
	r, err := c.twice(httpMode)
	if err != nil {
		t.Fatal(err)
	}
	if r.Messages != 2*c.msgs+c.warm {
		t.Errorf("%+v", r)
	}
}

func TestComplete(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nHello, World!\n"
	for i := range len(ok) {
		if whole, err := complete([]byte(ok)[:i]); whole || err != nil {
			t.Errorf("after %d bytes: %v, %v", i, whole, err)
		}
	}
	if whole, err := complete([]byte(ok)); !whole || err != nil {
		t.Errorf("the whole: %v, %v", whole, err)
	}
	for _, bad := range []string{
		ok + "x",
		strings.Replace(ok, "200", "500", 1),
		strings.Replace(ok, "14", "15", 1),
		strings.Replace(ok, "World", "world", 1),
		strings.Replace(ok, "Content-Length", "X", 1),
	} {
		if _, err := complete([]byte(bad)); err == nil {
			t.Errorf("accepted %q", bad)
		}
	}
}

func TestChurn(t *testing.T) {
	c := setup(t)
	c.addr = listen(t, func(conn net.Conn) {
		buf := make([]byte, 64)
		if n, err := conn.Read(buf); err == nil {
			conn.Write(buf[:n])
		}
	})
	c.msgs, c.warm = 300, 30
	r, err := c.twice(churnMode)
	if err != nil {
		t.Fatal(err)
	}
	if r.Messages != 630 {
		t.Errorf("%+v", r)
	}
}

func TestHist(t *testing.T) {
	var h hist
	for i := 1; i <= 1000; i++ {
		h.add(time.Duration(i) * time.Microsecond)
	}
	for q, want := range map[float64]float64{0.5: 500, 0.99: 990} {
		if got := h.quantile(q); got < want*0.96 || got > want*1.04 {
			t.Errorf("quantile(%v) = %v, want about %v", q, got, want)
		}
	}
	for _, ns := range []uint64{0, 1, 31, 32, 33, 63, 64, 1000, 1 << 20, 1<<40 + 12345} {
		i := bucket(ns)
		if low(i) > ns || low(i+1) <= ns {
			t.Errorf("%d is in bucket %d, which is %d to %d", ns, i, low(i), low(i+1))
		}
	}
}

func TestSource(t *testing.T) {
	seen := map[[4]byte]int{}
	for i := range 100_000 {
		a := source(i)
		if seen[a]++; seen[a] > 5000 {
			t.Fatalf("more than 5000 connections from %v", a)
		}
		if a[0] != 127 || a[3] == 0 || a[3] == 255 {
			t.Fatalf("source(%d) = %v", i, a)
		}
	}
}
