//go:build linux

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// What a handler of net/http learns of a client that goes away, by every way of
// looking. The server may put off looking at the connection until the handler does.

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
		time.Sleep(5 * time.Millisecond)
	}
	return fmt.Errorf("not noticed")
}

// serve starts a server and returns a connection to it.
func serveOne(t *T, h http.HandlerFunc) net.Conn {
	ln := t.listen("tcp4")
	srv := &http.Server{Handler: h}
	go srv.Serve(ln)
	t.undos = append(t.undos, func() { srv.Close() })
	c := must(net.Dial("tcp", ln.Addr().String()))
	t.undos = append(t.undos, func() { c.Close() })
	return c
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
		case <-time.After(50 * time.Millisecond):
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
		http.NewResponseController(w).SetReadDeadline(time.Now().Add(30 * time.Millisecond))
		select {
		case <-r.Context().Done():
			io.WriteString(w, "canceled")
		case <-time.After(2 * time.Second):
			io.WriteString(w, "not canceled")
		}
	}, "GET / HTTP/1.0\r\n\r\n")
}

func get(t *T, h http.HandlerFunc, request string) {
	c := serveOne(t, h)
	io.WriteString(c, request)
	resp := must(http.ReadResponse(bufio.NewReader(c), nil))
	t.Print(string(must(io.ReadAll(resp.Body))))
}
