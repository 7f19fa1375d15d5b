// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix

package zio_test

import (
	"context"
	"database/sql"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"
	"zio"
)

// A row is code that knows nothing of package zio and waits for ever. mk returns what
// waits; it is called again after it was canceled.
type row struct {
	name string
	mk   func(t *testing.T) func() error
}

var unchanged = []row{
	{"http.Get", func(t *testing.T) func() error { return getter(hanging(t, false), "/") }},
	{"http.Get, the body", func(t *testing.T) func() error { return getter(hanging(t, false), "/body") }},
	{"http.Get, HTTP/2", func(t *testing.T) func() error { return getter(hanging(t, true), "/") }},
	{"http.Get, HTTP/2, the body", func(t *testing.T) func() error { return getter(hanging(t, true), "/body") }},
	{"http.Serve", func(t *testing.T) func() error {
		return func() error { return http.Serve(listen(t), nil) }
	}},
	{"tls.Conn.Read", func(t *testing.T) func() error {
		c, _ := tlsPair(t)
		return func() error { _, err := c.Read(make([]byte, 1)); return err }
	}},
	{"net.Dial of a name", func(t *testing.T) func() error {
		d := net.Dialer{Resolver: deaf(t)}
		return func() error { _, err := d.Dial("tcp", "name.invalid.:80"); return err }
	}},
	{"LookupIPAddr", func(t *testing.T) func() error {
		r := deaf(t)
		return func() error { _, err := r.LookupIPAddr(context.Background(), "name.invalid."); return err }
	}},
	{"LookupHost", func(t *testing.T) func() error {
		r := deaf(t)
		return func() error { _, err := r.LookupHost(context.Background(), "name.invalid."); return err }
	}},
	{"LookupCNAME", func(t *testing.T) func() error {
		r := deaf(t)
		return func() error { _, err := r.LookupCNAME(context.Background(), "name.invalid."); return err }
	}},
	{"net.Pipe, Read", func(t *testing.T) func() error {
		c, _ := net.Pipe()
		return func() error { _, err := c.Read(make([]byte, 1)); return err }
	}},
	{"net.Pipe, Write", func(t *testing.T) func() error {
		c, _ := net.Pipe()
		return func() error { _, err := c.Write(make([]byte, 1)); return err }
	}},
	{"io.Pipe, Read", func(t *testing.T) func() error {
		r, _ := io.Pipe()
		return func() error { _, err := r.Read(make([]byte, 1)); return err }
	}},
	{"io.Pipe, Write", func(t *testing.T) func() error {
		_, w := io.Pipe()
		return func() error { _, err := w.Write(make([]byte, 1)); return err }
	}},
	{"exec.Cmd.Run", func(t *testing.T) func() error {
		path := find(t, "sleep")
		return func() error { return exec.Command(path, "1000").Run() }
	}},
	{"exec.Cmd.Output", func(t *testing.T) func() error {
		path := find(t, "sleep")
		return func() error { _, err := exec.Command(path, "1000").Output(); return err }
	}},
	{"os.Process.Wait", func(t *testing.T) func() error {
		if runtime.GOOS != "linux" {
			t.Skip("a thread waits for the process")
		}
		path := find(t, "sleep")
		p, err := os.StartProcess(path, []string{"sleep", "1000"}, &os.ProcAttr{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Kill(); p.Wait() })
		return func() error { _, err := p.Wait(); return err }
	}},
	{"sql.DB.Conn, all in use", func(t *testing.T) func() error {
		db := sql.OpenDB(&oneConn{})
		db.SetMaxOpenConns(1)
		held, err := db.Conn(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { held.Close(); db.Close() })
		return func() error { _, err := db.Conn(context.Background()); return err }
	}},
	{"iter.Pull of a reader", func(t *testing.T) func() error {
		c, _ := pair(t, "tcp")
		return func() error {
			next, stop := iter.Pull(func(yield func(error) bool) {
				_, err := c.Read(make([]byte, 1))
				yield(err)
			})
			defer stop()
			err, _ := next()
			return err
		}
	}},
}

// What waits in unchanged code ends within 5 ms of the cancel, and the table of it is
// printed.
func TestUnchanged(t *testing.T) {
	const d = 30 * time.Millisecond
	rounds, most := 5, 5*time.Millisecond
	if raceEnabled {
		most *= 10
	}
	for _, r := range unchanged {
		t.Run(r.name, func(t *testing.T) {
			op := r.mk(t)
			best := time.Hour
			for range rounds {
				start := time.Now()
				err := zio.Timeout(d, op)
				late := time.Since(start) - d
				checkCanceled(t, err, context.DeadlineExceeded)
				best = min(best, late)
			}
			// It is refused from then on, without a wait.
			start := time.Now()
			checkCanceled(t, zio.Timeout(0, op), context.DeadlineExceeded)
			refused := time.Since(start)
			t.Logf("canceled after %v by a timeout of %v; in a canceled scope %v", best+d, d, refused)
			if best > most {
				t.Errorf("canceled %v late in the best of %d rounds, want %v", best, rounds, most)
			}
		})
	}
}

// hanging returns a server that never answers on /, and on /body sends the header and
// a part of the body only.
func hanging(t *testing.T, http2 bool) *httptest.Server {
	release := make(chan struct{})
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if http2 != (r.ProtoMajor == 2) {
			t.Errorf("the request has %s", r.Proto)
		}
		switch r.URL.Path {
		case "/body":
			w.Write([]byte("part"))
			w.(http.Flusher).Flush()
			<-release
		case "/":
			<-release
		}
	}))
	if srv.EnableHTTP2 = http2; http2 {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(func() { close(release); srv.Close() })
	return srv
}

// getter returns a function that gets path, and returns the error of the body, too.
func getter(srv *httptest.Server, path string) func() error {
	return func() error {
		resp, err := srv.Client().Get(srv.URL + path)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
}

// deaf returns a resolver in pure Go whose servers do not answer.
func deaf(t *testing.T) *net.Resolver {
	block := make(chan struct{})
	t.Cleanup(func() { close(block) })
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		<-block
		return nil, errTest
	}}
}

func listen(t *testing.T) net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

func find(t *testing.T, name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(err)
	}
	return path
}
