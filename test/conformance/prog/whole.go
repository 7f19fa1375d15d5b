//go:build linux

package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Area whole: a client of net/http that says that it will send no more, or sends a
// byte too many, and then reads a large answer slowly, gets all of it. A server
// that closes with bytes unread resets the connection, and what the client has not
// received yet is lost.

const wholeSize = 3 << 20

func init() {
	const (
		closing = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
		keeping = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
		old     = "GET / HTTP/1.0\r\n\r\n"
		post    = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab"
	)
	notify := func(c net.Conn) { c.(*tls.Conn).CloseWrite() }
	fin := func(c net.Conn) { c.(halfCloser).CloseWrite() }
	send := func(s string) func(net.Conn) { return func(c net.Conn) { io.WriteString(c, s) } }
	for _, v := range []struct {
		name    string
		network string
		secure  bool
		request string
		stop    func(net.Conn)
	}{
		{"notify-closing", "tcp4", true, closing, notify},
		{"notify-keeping", "tcp4", true, keeping, notify},
		{"notify-old", "tcp4", true, old, notify},
		{"notify-unix", "unix", true, closing, notify},
		{"tls-crlf", "tcp4", true, post, send("\r\n")},
		{"lf", "tcp4", false, post, send("\n")},
		{"lf-unix", "unix", false, post, send("\n")},
		{"crlf", "tcp4", false, post, send("\r\n")},
		{"fin", "tcp4", false, closing, fin},
	} {
		add("whole", v.name, func(t *T) { whole(t, v.network, v.secure, v.request, v.stop) })
	}
}

func whole(t *T, network string, secure bool, request string, stop func(net.Conn)) {
	started := make(chan bool)
	c := t.serveMaybeTLS(t.listen(network), secure, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		close(started)
		time.Sleep(50 * time.Millisecond)
		w.Header().Set("Content-Length", fmt.Sprint(wholeSize))
		w.Write(make([]byte, wholeSize))
	})
	raw := c
	if secure {
		raw = c.(*tls.Conn).NetConn()
	}
	io.WriteString(c, request)
	<-started
	stop(c)
	// Until much of the answer is in the server's kernel. These two are not ms: net/http
	// gives a slow machine no more time than others, half a second, before it closes.
	time.Sleep(150 * time.Millisecond)
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Print("no answer:", err)
		return
	}
	n := 0
	b := make([]byte, 64<<10)
	for err == nil {
		var k int
		k, err = resp.Body.Read(b)
		n += k
		time.Sleep(200 * time.Microsecond)
	}
	t.Print("whole:", n == wholeSize, err)
	raw.SetReadDeadline(time.Now().Add(ms(300)))
	_, err = io.Copy(io.Discard, raw)
	t.Print("the stream ends with", err)
}
