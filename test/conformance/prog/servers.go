//go:build linux

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
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// Area servers: net/http, TLS and text protocols as programs use them.
func init() {
	add("servers", "http", serversHTTP)
	add("servers", "http-shutdown", serversShutdown)
	add("servers", "http-timeout", serversTimeout)
	add("servers", "http-canceled", serversCanceled)
	add("servers", "http-hijack", serversHijack)
	add("servers", "http2", func(t *T) { serversTLS(t, true) })
	add("servers", "https", func(t *T) { serversTLS(t, false) })
	add("servers", "tls-close", serversTLSClose)
	add("servers", "lines", serversLines)
}

func handler(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s %d bytes", r.Method, r.URL.Path, len(body))
}

func serversHTTP(t *T) {
	srv := httptest.NewServer(http.HandlerFunc(handler))
	defer srv.Close()
	client := srv.Client()
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			for k := range 10 {
				resp := must(client.Post(fmt.Sprintf("%s/%d", srv.URL, i), "text/plain", strings.NewReader(strings.Repeat("x", k*5000))))
				got := string(must(io.ReadAll(resp.Body)))
				resp.Body.Close()
				if want := fmt.Sprintf("POST /%d %d bytes", i, k*5000); got != want {
					t.Fatal(got, " is not ", want)
				}
			}
		})
	}
	wg.Wait()
	t.Print("all answered")
}

func serversShutdown(t *T) {
	ln := t.listen("tcp4")
	started, release := make(chan struct{}), make(chan struct{})
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(started)
		<-release
		io.WriteString(w, "finished")
	})}
	serve := t.later("serve", func() (any, error) { return nil, srv.Serve(ln) })
	get := t.later("get", func() (any, error) {
		resp, err := http.Get("http://" + ln.Addr().String())
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		return string(b), err
	})
	<-started
	down := t.later("shutdown", func() (any, error) { return nil, srv.Shutdown(context.Background()) })
	moment()
	close(release)
	get()
	down()
	serve()
}

// serversTimeout has a client that sends half a request.
func serversTimeout(t *T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(handler))
	srv.Config.ReadHeaderTimeout = ms(30)
	srv.Start()
	defer srv.Close()
	c := must(net.Dial("tcp", srv.Listener.Addr().String()))
	defer c.Close()
	io.WriteString(c, "GET / HTTP/1.1\r\n")
	start := time.Now()
	n, err := io.Copy(io.Discard, c)
	t.Print(n, err)
	t.took("end", start, ms(20))
}

// serversCanceled has a client that goes away, which the handler's context
// tells.
func serversCanceled(t *T) {
	gone := make(chan error, 1)
	started := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
		gone <- r.Context().Err()
	}))
	defer srv.Close()
	ctx, cancel := context.WithCancel(context.Background())
	req := must(http.NewRequestWithContext(ctx, "GET", srv.URL, nil))
	wait := t.later("get", func() (any, error) {
		_, err := srv.Client().Do(req)
		return err != nil, nil
	})
	<-started
	cancel()
	wait()
	t.Print("handler:", <-gone)
}

func serversHijack(t *T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, rw := must2(w.(http.Hijacker).Hijack())
		defer c.Close()
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
		io.Copy(c, rw)
	}))
	defer srv.Close()
	c := must(net.Dial("tcp", srv.Listener.Addr().String()))
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nfirst")
	br := bufio.NewReader(c)
	resp := must(http.ReadResponse(br, nil))
	t.Print(resp.Status)
	b := make([]byte, 5)
	n, err := io.ReadFull(br, b)
	t.Print(sum(b[:n]), err)
	io.WriteString(c, "again")
	n, err = io.ReadFull(br, b)
	t.Print(sum(b[:n]), err)
	c.(halfCloser).CloseWrite()
	n, err = br.Read(b)
	t.Print(n, err)
}

func serversTLS(t *T, http2 bool) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(handler))
	srv.EnableHTTP2 = http2
	srv.StartTLS()
	defer srv.Close()
	client := srv.Client()
	client.Transport.(*http.Transport).TLSHandshakeTimeout = ms(10_000)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for k := range 5 {
				resp := must(client.Post(fmt.Sprintf("%s/%d", srv.URL, i), "text/plain", strings.NewReader(strings.Repeat("x", k*20000))))
				got := string(must(io.ReadAll(resp.Body)))
				resp.Body.Close()
				if want := fmt.Sprintf("POST /%d %d bytes", i, k*20000); got != want {
					t.Fatal(got, " is not ", want)
				}
				if http2 != (resp.ProtoMajor == 2) {
					t.Fatal(resp.Proto)
				}
			}
		})
	}
	wg.Wait()
	t.Print("all answered")
}

func certificate() tls.Certificate {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der := must(x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// serversTLSClose ends TLS connections in both orders, with reads that wait.
func serversTLSClose(t *T) {
	cert := certificate()
	for _, orderly := range []bool{true, false} {
		c, s := t.pair("tcp4")
		server := tls.Server(s, &tls.Config{Certificates: []tls.Certificate{cert}})
		client := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
		hs := t.later("handshake", func() (any, error) { return nil, server.Handshake() })
		t.Print("handshake:", client.Handshake())
		hs()
		out := pattern(300000)
		go func() {
			client.Write(out)
			if orderly {
				client.Close()
			} else {
				c.Close()
			}
		}()
		got, err := io.ReadAll(server)
		t.Print(string(got) == string(out), err)
		server.Close()
	}
	// A deadline in the middle of a read.
	c, s := t.pair("tcp4")
	server := tls.Server(s, &tls.Config{Certificates: []tls.Certificate{cert}})
	client := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	go client.Handshake()
	t.Print(server.Handshake())
	server.SetReadDeadline(time.Now().Add(ms(20)))
	n, err := server.Read(make([]byte, 10))
	t.Print(n, err)
	server.SetReadDeadline(time.Time{})
	client.Write([]byte("after"))
	b := make([]byte, 10)
	n, err = server.Read(b)
	t.Print(sum(b[:n]), err)
}

func serversLines(t *T) {
	for _, network := range streams {
		c, s := t.pair(network)
		go func() {
			defer s.Close()
			sc := bufio.NewScanner(s)
			for sc.Scan() {
				fmt.Fprintf(s, "%s\n", strings.ToUpper(sc.Text()))
			}
		}()
		br := bufio.NewReader(c)
		for i := range 100 {
			fmt.Fprintf(c, "line %d\n", i)
			line := must(br.ReadString('\n'))
			if line != fmt.Sprintf("LINE %d\n", i) {
				t.Fatal(line)
			}
		}
		c.(halfCloser).CloseWrite()
		rest, err := io.ReadAll(br)
		t.Print(len(rest), err)
	}
}
