//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"
)

// Area gone: what a handler of net/http learns of a client that goes away, by every
// way of looking, and by looking once, long after.

func init() {
	for _, l := range []struct {
		name string
		look func(t *T, w http.ResponseWriter, r *http.Request) error
	}{
		{"done", func(t *T, w http.ResponseWriter, r *http.Request) error {
			<-r.Context().Done()
			return r.Context().Err()
		}},
		{"err", func(t *T, w http.ResponseWriter, r *http.Request) error { return poll(r.Context().Err) }},
		{"cause", func(t *T, w http.ResponseWriter, r *http.Request) error {
			return poll(func() error { return context.Cause(r.Context()) })
		}},
		{"derived", func(t *T, w http.ResponseWriter, r *http.Request) error {
			ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), key{}, 1), time.Minute)
			defer cancel()
			<-ctx.Done()
			return context.Cause(ctx)
		}},
		{"derived-cause", func(t *T, w http.ResponseWriter, r *http.Request) error {
			ctx := context.WithValue(r.Context(), key{}, 1)
			return poll(func() error { return context.Cause(ctx) })
		}},
		{"afterfunc", func(t *T, w http.ResponseWriter, r *http.Request) error {
			c := make(chan error)
			context.AfterFunc(r.Context(), func() { c <- r.Context().Err() })
			return <-c
		}},
		{"clone", func(t *T, w http.ResponseWriter, r *http.Request) error {
			r = r.Clone(context.WithoutCancel(r.Context())).WithContext(r.Context())
			<-r.Context().Done()
			return r.Context().Err()
		}},
		{"closenotify", func(t *T, w http.ResponseWriter, r *http.Request) error {
			<-w.(http.CloseNotifier).CloseNotify()
			return r.Context().Err()
		}},
		{"before-body", func(t *T, w http.ResponseWriter, r *http.Request) error {
			done := r.Context().Done()
			io.Copy(io.Discard, r.Body)
			<-done
			return r.Context().Err()
		}},
		{"after-body", func(t *T, w http.ResponseWriter, r *http.Request) error {
			io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			return r.Context().Err()
		}},
		{"later", func(t *T, w http.ResponseWriter, r *http.Request) error {
			io.Copy(io.Discard, r.Body)
			moment()
			moment()
			return poll(r.Context().Err)
		}},
	} {
		for _, body := range []string{"", "some body"} {
			name := "gone-" + l.name
			if body != "" {
				name += "-body"
				if !strings.HasSuffix(l.name, "-body") && l.name != "later" {
					continue // the server looks only once the body is read
				}
			}
			add("gone", name, func(t *T) { gone(t, body, l.look) })
		}
	}
	add("gone", "never-looked", goneNeverLooked)
	add("gone", "looked-late", goneLookedLate)
	add("gone", "pipelined", gonePipelined)
	add("gone", "deadline", goneDeadline)
	for _, d := range []struct {
		name string
		set  func(*http.ResponseController)
	}{
		{"passes", func(rc *http.ResponseController) {
			rc.SetReadDeadline(time.Now().Add(ms(20)))
		}},
		{"past", func(rc *http.ResponseController) { rc.SetReadDeadline(time.Unix(1, 0)) }},
		{"renewed", func(rc *http.ResponseController) {
			rc.SetReadDeadline(time.Now().Add(ms(30)))
			rc.SetReadDeadline(time.Now().Add(time.Minute))
		}},
		{"removed", func(rc *http.ResponseController) {
			rc.SetReadDeadline(time.Now().Add(ms(30)))
			rc.SetReadDeadline(time.Time{})
		}},
		{"write", func(rc *http.ResponseController) { rc.SetWriteDeadline(time.Now().Add(ms(1))) }},
	} {
		add("gone", "deadline-"+d.name, func(t *T) { goneDeadlineOnce(t, d.set) })
	}
	for _, l := range []struct {
		name string
		look func(t *T, r *http.Request) string
	}{
		{"err", func(t *T, r *http.Request) string { return fmt.Sprint(r.Context().Err()) }},
		{"select", func(t *T, r *http.Request) string {
			select {
			case <-r.Context().Done():
				return "canceled"
			default:
				return "goes on"
			}
		}},
		{"derived", func(t *T, r *http.Request) string {
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			return fmt.Sprint(ctx.Err())
		}},
		{"request", func(t *T, r *http.Request) string {
			served := false
			ln := t.listen("tcp4")
			t.serve(ln, func(http.ResponseWriter, *http.Request) { served = true })
			req := must(http.NewRequestWithContext(r.Context(), "POST", "http://"+ln.Addr().String(), nil))
			_, err := http.DefaultClient.Do(req)
			return fmt.Sprint("request sent: ", served, ", failed: ", err != nil)
		}},
	} {
		for _, network := range []string{"tcp4", "unix", "tls"} {
			add("gone", "once-"+l.name+"-"+network, func(t *T) { goneOnce(t, network, l.look) })
		}
	}
	add("gone", "string", func(t *T) {
		get(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, ctxKind(r.Context())) }, "GET / HTTP/1.0\r\n\r\n")
	})
}

type key struct{}

func ctxKind(ctx context.Context) string {
	s := fmt.Sprint(ctx)
	return s[strings.LastIndexByte(s, '.')+1:]
}

func poll(f func() error) error {
	for range 500 {
		if err := f(); err != nil {
			return err
		}
		time.Sleep(ms(5))
	}
	return fmt.Errorf("not noticed")
}

// serve serves HTTP/1 on ln until the case ends.
func (t *T) serve(ln net.Listener, h http.HandlerFunc) {
	srv := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0), Protocols: new(http.Protocols)}
	srv.Protocols.SetHTTP1(true)
	go srv.Serve(ln)
	t.Cleanup(func() { srv.Close() })
}

// dial returns a connection to ln.
func (t *T) dial(ln net.Listener) net.Conn {
	c := must(net.Dial(ln.Addr().Network(), ln.Addr().String()))
	t.Cleanup(func() { c.Close() })
	return c
}

// serveMaybeTLS serves on ln, with TLS if secure is set, and returns a connection to it.
func (t *T) serveMaybeTLS(ln net.Listener, secure bool, h http.HandlerFunc) net.Conn {
	if !secure {
		t.serve(ln, h)
		return t.dial(ln)
	}
	t.serve(tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{certificate()}}), h)
	return tls.Client(t.dial(ln), &tls.Config{InsecureSkipVerify: true})
}

// serveOne starts a server and returns a connection to it.
func serveOne(t *T, h http.HandlerFunc) net.Conn {
	return t.serveMaybeTLS(t.listen("tcp4"), false, h)
}

func gone(t *T, body string, look func(*T, http.ResponseWriter, *http.Request) error) {
	started, result := make(chan struct{}), make(chan error)
	c := serveOne(t, func(w http.ResponseWriter, r *http.Request) {
		close(started)
		result <- look(t, w, r)
	})
	fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	<-started
	moment()
	c.Close()
	t.Print("handler:", <-result)
}

// goneOnce looks once, long after the client has gone.
func goneOnce(t *T, network string, look func(*T, *http.Request) string) {
	secure := network == "tls"
	if secure {
		network = "tcp4"
	}
	started, result := make(chan struct{}), make(chan string)
	c := t.serveMaybeTLS(t.listen(network), secure, func(w http.ResponseWriter, r *http.Request) {
		close(started)
		moment()
		moment()
		result <- look(t, r)
	})
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-started
	c.Close()
	t.Print(<-result)
}

func goneNeverLooked(t *T) {
	ended := make(chan error, 3)
	c := serveOne(t, func(w http.ResponseWriter, r *http.Request) {
		moment()
		_, err := io.WriteString(w, "answer")
		ended <- err
	})
	br := bufio.NewReader(c)
	for range 2 {
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		resp := must(http.ReadResponse(br, nil))
		t.Print(string(must(io.ReadAll(resp.Body))))
	}
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	c.Close()
	t.Print(<-ended, <-ended, <-ended)
}

// goneLookedLate looks at the context of a request that has been answered.
func goneLookedLate(t *T) {
	ctxs := make(chan context.Context, 10)
	c := serveOne(t, func(w http.ResponseWriter, r *http.Request) {
		ctxs <- r.Context()
		io.WriteString(w, "answer "+r.URL.Path)
	})
	br := bufio.NewReader(c)
	for i := range 5 {
		fmt.Fprintf(c, "GET /%d HTTP/1.1\r\nHost: x\r\n\r\n", i)
		resp := must(http.ReadResponse(br, nil))
		t.Print(string(must(io.ReadAll(resp.Body))))
		ctx := <-ctxs
		<-ctx.Done()
		t.Print(ctx.Err(), context.Cause(ctx))
	}
}

// gonePipelined sends the next request while the handler looks.
func gonePipelined(t *T) {
	c := serveOne(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
			io.WriteString(w, "canceled "+r.URL.Path)
		case <-time.After(ms(50)):
			io.WriteString(w, "answer "+r.URL.Path)
		}
	})
	for i := range 4 {
		fmt.Fprintf(c, "GET /%d HTTP/1.1\r\nHost: x\r\n\r\n", i)
	}
	br := bufio.NewReader(c)
	for range 4 {
		resp := must(http.ReadResponse(br, nil))
		t.Print(string(must(io.ReadAll(resp.Body))))
	}
}

// goneDeadline has a handler that sets a read deadline and then looks: the read in
// the background obeys it.
func goneDeadline(t *T) {
	get(t, func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(ms(30)))
		select {
		case <-r.Context().Done():
			io.WriteString(w, "canceled")
		case <-time.After(ms(2000)):
			io.WriteString(w, "not canceled")
		}
	}, "GET / HTTP/1.0\r\n\r\n")
}

// goneDeadlineOnce has a handler that sets a deadline and looks once, later, and a
// second request on the same connection.
func goneDeadlineOnce(t *T, set func(*http.ResponseController)) {
	c := serveOne(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/1" {
			set(http.NewResponseController(w))
		}
		moment()
		moment()
		fmt.Fprint(w, r.URL.Path, " ", r.Context().Err())
	})
	br := bufio.NewReader(c)
	for i := range 3 {
		fmt.Fprintf(c, "GET /%d HTTP/1.1\r\nHost: x\r\n\r\n", i)
		resp, err := http.ReadResponse(br, nil)
		if err != nil {
			t.Print("no answer:", err)
			return
		}
		t.Print(string(must(io.ReadAll(resp.Body))))
	}
}

func get(t *T, h http.HandlerFunc, request string) {
	c := serveOne(t, h)
	io.WriteString(c, request)
	resp := must(http.ReadResponse(bufio.NewReader(c), nil))
	t.Print(string(must(io.ReadAll(resp.Body))))
}
