//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Area background: what else a program sees of the read that net/http's server
// makes in the background while a handler runs.

func init() {
	const (
		get  = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
		get2 = "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n"
		post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
	)
	add("background", "own-conn", backgroundOwnConn)
	add("background", "own-conn-embedded", backgroundEmbedded)
	for _, network := range []string{"tcp4", "unix"} {
		add("background", "hijack-early-"+network, func(t *T) { backgroundHijack(t, network, "early") })
		add("background", "hijack-silent-"+network, func(t *T) { backgroundHijack(t, network, "") })
	}
	add("background", "hijack-pipelined", backgroundHijackPipelined)
	add("background", "closenotify-late", func(t *T) {
		backgroundLeft(t, get, "", func(w http.ResponseWriter, r *http.Request) error {
			select {
			case <-w.(http.CloseNotifier).CloseNotify():
				return errors.New("notified")
			default:
				return nil
			}
		})
	})
	look := func(w http.ResponseWriter, r *http.Request) error { return r.Context().Err() }
	add("background", "left-after-pipelining", func(t *T) {
		backgroundLeft(t, get+get2, "", look)
	})
	add("background", "left-after-next-request", func(t *T) { backgroundLeft(t, get, get2, look) })
	add("background", "left-after-body-and-next", func(t *T) { backgroundLeft(t, post+"\r\n", "body"+get2, look) })
	add("background", "body-unread", func(t *T) { backgroundLeft(t, post+"\r\nbody", "", look) })
	add("background", "body-half-read", func(t *T) {
		backgroundLeft(t, post+"\r\nbody", "", func(w http.ResponseWriter, r *http.Request) error {
			io.ReadFull(r.Body, make([]byte, 2))
			moment()
			return r.Context().Err()
		})
	})
	add("background", "expect-unread", func(t *T) { backgroundLeft(t, post+"Expect: 100-continue\r\n\r\n", "", look) })
	add("background", "expect-read", func(t *T) { backgroundExpect(t, true) })
	add("background", "expect-refused", func(t *T) { backgroundExpect(t, false) })
	for _, secure := range []bool{false, true} {
		name := map[bool]string{false: "", true: "-tls"}[secure]
		add("background", "pipelined-early"+name, func(t *T) { backgroundPipelined(t, secure, 0) })
		add("background", "pipelined-late"+name, func(t *T) { backgroundPipelined(t, secure, ms(10)) })
	}
}

// watchedListener hands out connections of a type of our own.
type watchedListener struct {
	net.Listener
	wrap func(net.Conn) net.Conn
}

func (l watchedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.wrap(c), nil
}

// readLog notes how reads end.
type readLog struct {
	mu   sync.Mutex
	ends []string
}

func (l *readLog) add(n int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ends = append(l.ends, fmt.Sprint(n > 0, " ", err))
}

func (l *readLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.ends, ", ")
}

type watchedConn struct {
	net.Conn
	log *readLog
}

func (c watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.log.add(n, err)
	return n, err
}

// tcpConn has all methods of the connection that it embeds but one.
type tcpConn struct {
	*net.TCPConn
	log *readLog
}

func (c tcpConn) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	c.log.add(n, err)
	return n, err
}

// backgroundOwnConn has a connection of a type of our own see the client leave
// while the handler runs and looks at nothing.
func backgroundOwnConn(t *T) {
	log := new(readLog)
	backgroundOwn(t, log, func(c net.Conn) net.Conn { return watchedConn{c, log} })
}

func backgroundEmbedded(t *T) {
	log := new(readLog)
	backgroundOwn(t, log, func(c net.Conn) net.Conn { return tcpConn{c.(*net.TCPConn), log} })
}

func backgroundOwn(t *T, log *readLog, wrap func(net.Conn) net.Conn) {
	started, seen := make(chan bool), make(chan string)
	ln := t.listen("tcp4")
	t.serve(watchedListener{ln, wrap}, func(w http.ResponseWriter, r *http.Request) {
		close(started)
		moment()
		moment()
		seen <- log.String()
	})
	c := t.dial(ln)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-started
	c.Close()
	t.Print("read while the handler ran:", <-seen)
}

// backgroundHijack hijacks a connection on which bytes came while the handler ran.
func backgroundHijack(t *T, network, early string) {
	ready, release := make(chan bool), make(chan bool)
	ln := t.listen(network)
	ended := make(chan bool)
	t.serve(ln, func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		close(ready)
		<-release
		c, rw := must2(w.(http.Hijacker).Hijack())
		defer c.Close()
		t.Print("buffered:", rw.Reader.Buffered())
		b := make([]byte, 10)
		n, err := io.ReadFull(rw, b)
		t.Print(sum(b[:n]), err)
	})
	c := t.dial(ln)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-ready
	io.WriteString(c, early)
	moment()
	close(release)
	moment()
	io.WriteString(c, "0123456789"[len(early):])
	<-ended
}

// backgroundHijackPipelined hijacks after bytes came with the request.
func backgroundHijackPipelined(t *T) {
	ln := t.listen("tcp4")
	ended := make(chan bool)
	t.serve(ln, func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		moment()
		c, rw := must2(w.(http.Hijacker).Hijack())
		defer c.Close()
		t.Print("buffered:", rw.Reader.Buffered())
		b := make([]byte, 8)
		n, err := io.ReadFull(rw, b)
		t.Print(sum(b[:n]), err)
	})
	c := t.dial(ln)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\ntogether")
	<-ended
}

// backgroundLeft prints what look says some time after the client has sent more
// and left.
func backgroundLeft(t *T, request, later string, look func(http.ResponseWriter, *http.Request) error) {
	started, result := make(chan bool), make(chan error)
	c := serveOne(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			return
		}
		close(started)
		moment()
		moment()
		result <- look(w, r)
	})
	io.WriteString(c, request)
	<-started
	io.WriteString(c, later)
	c.Close()
	t.Print("handler:", <-result)
}

// backgroundExpect has a client that waits for 100 Continue before it sends the
// body, and leaves when it has sent it.
func backgroundExpect(t *T, read bool) {
	result := make(chan error)
	c := serveOne(t, func(w http.ResponseWriter, r *http.Request) {
		if read {
			b, err := io.ReadAll(r.Body)
			t.Print("body:", string(b), err)
		} else {
			w.WriteHeader(http.StatusForbidden)
			http.NewResponseController(w).Flush()
		}
		moment()
		moment()
		result <- r.Context().Err()
	})
	io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
	line, err := bufio.NewReader(c).ReadString('\n')
	t.Print("client:", strings.TrimSpace(line), err)
	if read {
		io.WriteString(c, "body")
	}
	c.Close()
	t.Print("handler:", <-result)
}

// backgroundPipelined sends requests while handlers run, one by one or all at once.
func backgroundPipelined(t *T, secure bool, pause time.Duration) {
	c := t.serveMaybeTLS(t.listen("tcp4"), secure, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(ms(15))
		fmt.Fprint(w, r.URL.Path, " ", r.Context().Err())
	})
	go func() {
		for i := range 10 {
			fmt.Fprintf(c, "GET /%d HTTP/1.1\r\nHost: x\r\n\r\n", i)
			time.Sleep(pause)
		}
	}()
	br := bufio.NewReader(c)
	for range 10 {
		resp := must(http.ReadResponse(br, nil))
		t.Print(string(must(io.ReadAll(resp.Body))))
	}
}
