//go:build linux

// Handlers of net/http that run while something happens to their connection at a
// random moment, often as they begin or end: the client sends the next request, leaves
// or says that it will send no more, a read deadline passes, somebody closes or
// hijacks the connection. A handler that waits for the end of its request's context
// must see it, one whose client waits must not, and no byte may be lost.
package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["handlers"] = func(w *work.W) { handlers(w, "tcp", false) }
	programs["handlers-tls"] = func(w *work.W) { handlers(w, "tcp", true) }
	programs["handlers-unix"] = func(w *work.W) { handlers(w, "unix", false) }
}

func handlers(w *work.W, network string, secure bool) {
	goroutines := runtime.NumGoroutine()
	config := &tls.Config{Certificates: []tls.Certificate{certificate()}}
	visit := func(k int, visits ...func(*visitor)) {
		v := &visitor{rnd: mrand.New(mrand.NewPCG(w.Seed, uint64(k))), steps: make(chan http.HandlerFunc, 2), errs: make(chan error, 2)}
		ln := listen(network)
		v.addr = ln.Addr()
		if secure {
			v.secure = true
			ln = tls.NewListener(ln, config)
		}
		srv := &http.Server{
			Handler:     http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (<-v.steps)(w, r) }),
			ErrorLog:    log.New(io.Discard, "", 0),
			Protocols:   new(http.Protocols),
			ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
		}
		srv.Protocols.SetHTTP1(true)
		go srv.Serve(ln)
		for {
			visits[v.rnd.IntN(len(visits))](v)
			w.Add(0)
			if len(visits) == 1 || !w.Running() {
				break
			}
		}
		v.hangUp()
		srv.Close()
	}
	backend := work.Backend()
	visit(-1, func(v *visitor) {
		want := network == "unix" || backend == "off" || backend == "stock"
		// An event for what is read already starts a read, so once is enough.
		reads := !want
		for i := 0; i < 20 && reads != want; i++ {
			reads = v.silent()
		}
		if reads != want {
			work.Failf("while a handler runs, and its client is silent, a goroutine reads: %v, want %v", reads, want)
		}
	})
	w.Go(16, func(k int) {
		visit(k, (*visitor).answered, (*visitor).answered, (*visitor).pipelined, (*visitor).leaves, (*visitor).leavesAfterBody,
			(*visitor).leavesAnytime, (*visitor).deadline, (*visitor).noDeadline, (*visitor).closed, (*visitor).hijacked,
			(*visitor).aborted)
	})
	w.Wait()
	work.Settle(goroutines + 4) // the tracer may have its own
}

func certificate() tls.Certificate {
	key := work.Must1(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der := work.Must1(x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// connKey is the key of a request's connection in its context.
type connKey struct{}

// A visitor is a client with a server of its own.
type visitor struct {
	addr   net.Addr
	secure bool
	rnd    *mrand.Rand
	steps  chan http.HandlerFunc // handlers of the requests to come
	errs   chan error            // what handlers report

	c  net.Conn // nil before the first request and after hangUp
	br *bufio.Reader
}

func (v *visitor) hangUp() {
	if v.c != nil {
		v.c.Close()
		v.c = nil
	}
}

// nap returns a function that waits for a random time, for use by another goroutine.
func (v *visitor) nap() func() {
	seed := v.rnd.Uint64()
	return func() { nap(mrand.New(mrand.NewPCG(seed, 0))) }
}

// send makes a request that h handles.
func (v *visitor) send(h http.HandlerFunc) { v.post("", h) }

// post makes a request with a body that is sent in two parts.
func (v *visitor) post(body string, h http.HandlerFunc) {
	if v.c == nil {
		v.c = work.Must1(net.Dial(v.addr.Network(), v.addr.String()))
		if v.secure {
			v.c = tls.Client(v.c, &tls.Config{InsecureSkipVerify: true})
		}
		v.br = bufio.NewReader(v.c)
	}
	v.steps <- h
	head := fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", len(body))
	work.Must1(io.WriteString(v.c, head+body[:len(body)/2]))
	if body != "" {
		nap(v.rnd)
		work.Must1(io.WriteString(v.c, body[len(body)/2:]))
	}
}

// receive reads an answer of n bytes.
func (v *visitor) receive(seed uint64, n int) {
	resp := work.Must1(http.ReadResponse(v.br, nil))
	b := work.Must1(io.ReadAll(resp.Body))
	if len(b) != n {
		work.Failf("answer of %d bytes, want %d", len(b), n)
	}
	in := stream.Cursor{Seed: seed}
	work.Must(in.Expect(b))
}

// answer returns a handler whose client waits.
func (v *visitor) answer() (h http.HandlerFunc, seed uint64, n int) {
	wait := v.nap()
	seed, n = v.rnd.Uint64(), 1+v.rnd.IntN(5000)
	return func(w http.ResponseWriter, r *http.Request) {
		wait()
		b := make([]byte, n)
		out := stream.Cursor{Seed: seed}
		out.Next(b)
		work.Must1(w.Write(b))
		if err := r.Context().Err(); err != nil {
			work.Failf("the client waits, and its request has ended: %v", err)
		}
	}, seed, n
}

// silent reports whether a goroutine reads the connection while a handler runs.
func (v *visitor) silent() (reads bool) {
	v.answered()
	time.Sleep(5 * time.Millisecond)
	v.send(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(5 * time.Millisecond)
		b := make([]byte, 64<<10)
		b = b[:runtime.Stack(b, true)]
		w.Write(b)
	})
	resp := work.Must1(http.ReadResponse(v.br, nil))
	return strings.Contains(string(work.Must1(io.ReadAll(resp.Body))), "backgroundRead")
}

func (v *visitor) answered() {
	h, seed, n := v.answer()
	v.send(h)
	v.receive(seed, n)
}

func (v *visitor) pipelined() {
	h1, seed1, n1 := v.answer()
	h2, seed2, n2 := v.answer()
	v.send(h1)
	nap(v.rnd)
	v.send(h2)
	v.receive(seed1, n1)
	v.receive(seed2, n2)
}

// untilGone handles a request until it is canceled.
func (v *visitor) untilGone(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
	v.errs <- r.Context().Err()
}

// gone waits for a handler that waits for the end of its request.
func (v *visitor) gone() {
	if err := <-v.errs; err != context.Canceled {
		work.Failf("the request has ended: %v", err)
	}
	v.hangUp()
}

// leave ends the connection, or only what the client sends.
func (v *visitor) leave() {
	nap(v.rnd)
	if half, ok := v.c.(interface{ CloseWrite() error }); ok && v.rnd.IntN(2) == 0 {
		if t, ok := v.c.(*tls.Conn); ok {
			work.Must(t.Handshake())
		}
		work.Must(half.CloseWrite())
		return
	}
	v.hangUp()
}

func (v *visitor) leaves() {
	v.send(v.untilGone)
	v.leave()
	v.gone()
}

func (v *visitor) leavesAfterBody() {
	v.post(strings.Repeat("x", 2+v.rnd.IntN(9000)), v.untilGone)
	v.leave()
	v.gone()
}

// leavesAnytime leaves as the handler ends.
func (v *visitor) leavesAnytime() {
	wait := v.nap()
	v.send(func(w http.ResponseWriter, r *http.Request) {
		wait()
		w.Write(make([]byte, 100))
		v.errs <- nil
	})
	v.leave()
	<-v.errs
	v.hangUp()
}

func (v *visitor) deadline() {
	set, d := v.nap(), time.Duration(v.rnd.IntN(300)-50)*time.Microsecond
	v.send(func(w http.ResponseWriter, r *http.Request) {
		set()
		work.Must(http.NewResponseController(w).SetReadDeadline(time.Now().Add(d)))
		v.untilGone(w, r)
	})
	v.gone()
}

// noDeadline sets a deadline and takes it back.
func (v *visitor) noDeadline() {
	h, seed, n := v.answer()
	v.send(func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		work.Must(rc.SetReadDeadline(time.Now().Add(time.Hour)))
		work.Must(rc.SetReadDeadline(time.Time{}))
		h(w, r)
	})
	v.receive(seed, n)
}

// closed has somebody else close the server's end.
func (v *visitor) closed() {
	wait := v.nap()
	v.send(func(w http.ResponseWriter, r *http.Request) {
		go func() {
			wait()
			r.Context().Value(connKey{}).(net.Conn).Close()
		}()
		v.untilGone(w, r)
	})
	v.gone()
}

// hijacked has the handler take the connection while bytes arrive.
func (v *visitor) hijacked() {
	wait := v.nap()
	v.send(func(w http.ResponseWriter, r *http.Request) {
		wait()
		c, rw, err := w.(http.Hijacker).Hijack()
		work.Must(err)
		defer c.Close()
		b := make([]byte, 10)
		work.Must1(io.ReadFull(rw, b))
		if string(b) != "0123456789" {
			work.Failf("the hijacked connection has %q", b)
		}
		work.Must1(c.Write([]byte("ok")))
		v.errs <- nil
	})
	for _, s := range []string{"0", "1234", "56789"} {
		nap(v.rnd)
		work.Must1(io.WriteString(v.c, s))
	}
	<-v.errs
	if b := work.Must1(io.ReadAll(v.br)); string(b) != "ok" {
		work.Failf("answer of the hijacked connection: %q", b)
	}
	v.hangUp()
}

// aborted has the handler end without an answer.
func (v *visitor) aborted() {
	wait := v.nap()
	v.send(func(w http.ResponseWriter, r *http.Request) {
		wait()
		panic(http.ErrAbortHandler)
	})
	nap(v.rnd)
	if v.rnd.IntN(2) == 0 {
		io.WriteString(v.c, "GET")
	}
	if b, _ := io.ReadAll(v.br); len(b) != 0 {
		work.Failf("answer of a handler that gave up: %q", b)
	}
	v.hangUp()
}
