// Package bubble has servers of net/http in bubbles of testing/synctest.
package bubble

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestLeft has a handler that sleeps an hour, and a client that leaves meanwhile:
// that is noticed before the handler goes on.
func TestLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, result := serve(t, func(w http.ResponseWriter, r *http.Request) error {
			time.Sleep(time.Hour)
			return r.Context().Err()
		})
		time.Sleep(time.Minute)
		c.Close()
		synctest.Wait()
		if err := <-result; err != context.Canceled {
			t.Error("the context of a client that left an hour ago says", err)
		}
	})
}

// TestStayed has a client that waits.
func TestStayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, result := serve(t, func(w http.ResponseWriter, r *http.Request) error {
			time.Sleep(time.Hour)
			io.WriteString(w, "answer")
			return r.Context().Err()
		})
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(resp.Body); string(b) != "answer" || err != nil {
			t.Errorf("got %q, %v", b, err)
		}
		if err := <-result; err != nil {
			t.Error("the context of a client that waits says", err)
		}
	})
}

// serve serves one request on net.Pipe. It returns the client's end, and a channel
// for what the handler returns.
func serve(t *testing.T, h func(http.ResponseWriter, *http.Request) error) (net.Conn, <-chan error) {
	client, server := net.Pipe()
	l := &listener{conn: make(chan net.Conn, 1), done: make(chan bool)}
	result := make(chan error, 1)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { result <- h(w, r) })}
	go srv.Serve(l)
	t.Cleanup(func() {
		client.Close()
		srv.Close()
	})
	l.conn <- server
	io.WriteString(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	return client, result
}

// listener accepts one connection.
type listener struct {
	conn chan net.Conn
	done chan bool
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error { close(l.done); return nil }

func (l *listener) Addr() net.Addr { return &net.TCPAddr{} }
