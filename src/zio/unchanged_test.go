// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix

package zio_test

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"testing"
	"time"
	"zio"
)

// Code that knows nothing of package zio, inside of a scope.

// within calls fn in a scope that expires soon, and checks that it ended because of it.
func within(t *testing.T, fn func() error) {
	t.Helper()
	const d = 30 * time.Millisecond
	start := time.Now()
	err := zio.Timeout(d, fn)
	checkCanceled(t, err, context.DeadlineExceeded)
	if late := time.Since(start) - d; late > time.Second {
		t.Errorf("ended %v late", late)
	}
}

// What has come of a body is read, and a request that ends before its scope leaves
// nothing behind.
func TestHTTPGet(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		srv := hanging(t, http2)
		within(t, func() error {
			resp, err := srv.Client().Get(srv.URL + "/body")
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			got, err := io.ReadAll(resp.Body)
			if string(got) != "part" {
				t.Errorf("got %q, %v", got, err)
			}
			return err
		})
		err := zio.Scope(func(tok zio.Token) error {
			resp, err := srv.Client().Get(srv.URL + "/ok")
			if err != nil {
				return err
			}
			tok.Cancel(errTest)
			resp.Body.Close()
			_, err = srv.Client().Get(srv.URL + "/ok")
			return err
		})
		checkCanceled(t, err, errTest)
		if resp, err := srv.Client().Get(srv.URL + "/ok"); err != nil {
			t.Errorf("after all that: %v", err)
		} else {
			resp.Body.Close()
		}
	}
}

// What a request hangs on its scope is gone when the body has been read.
func TestHTTPLeavesNothing(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		srv := hanging(t, http2)
		zio.Scope(func(tok zio.Token) error {
			for range 20 {
				if err := getter(srv, "/ok")(); err != nil {
					t.Error(err)
				}
			}
			for limit := time.Now().Add(10 * time.Second); zio.AfterFuncs(tok) != 0 && time.Now().Before(limit); {
				time.Sleep(time.Millisecond)
			}
			if n := zio.AfterFuncs(tok); n != 0 {
				t.Errorf("HTTP/2 is %v: %d functions are left in the scope", http2, n)
			}
			return nil
		})
	}
}

// A lookup that ends at once when its context does is not taken for one that somebody else
// has canceled.
func TestLookupThatEnds(t *testing.T) {
	r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	lookups := map[string]func() error{
		"LookupHost":  func() error { _, err := r.LookupHost(context.Background(), "name.invalid."); return err },
		"LookupCNAME": func() error { _, err := r.LookupCNAME(context.Background(), "name.invalid."); return err },
		"LookupAddr":  func() error { _, err := r.LookupAddr(context.Background(), "192.0.2.1"); return err },
	}
	for name, lookup := range lookups {
		for range 300 {
			err := zio.Scope(func(tok zio.Token) error {
				go tok.Cancel(errTest)
				return lookup()
			})
			if !errors.Is(err, errTest) {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

// tlsPair returns the ends of a TLS connection after the handshake.
func tlsPair(t *testing.T) (client, server *tls.Conn) {
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(nil, tmpl, tmpl, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	c, s := pair(t, "tcp")
	client = tls.Client(c, &tls.Config{InsecureSkipVerify: true})
	server = tls.Server(s, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	done := make(chan error)
	go func() { done <- server.Handshake() }()
	if err := errors.Join(client.Handshake(), <-done); err != nil {
		t.Fatal(err)
	}
	return client, server
}

// A read that is canceled, before a record or in the middle of one, leaves a TLS
// connection as it was.
func TestTLS(t *testing.T) {
	client, server := tlsPair(t)
	buf := make([]byte, 100)
	read := func() error { _, err := client.Read(buf); return err }
	for range 20 {
		within(t, read)
		if _, err := server.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		if n, err := client.Read(buf); err != nil || string(buf[:n]) != "hello" {
			t.Fatalf("after a cancel: %q, %v", buf[:n], err)
		}
		if testing.Short() {
			break
		}
	}
}

// Loops that go on after an error, as programs have them, do not do so for ever when
// the reason is a scope.
func TestLoopsEnd(t *testing.T) {
	c, _ := pair(t, "tcp")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	read := func() error {
		c.SetReadDeadline(time.Now().Add(time.Second))
		_, err := c.Read(make([]byte, 1))
		return err
	}
	accept := func() error { _, err := ln.Accept(); return err }
	isTimeout := func(err error) bool { ne, ok := err.(net.Error); return ok && ne.Timeout() }
	for _, l := range []struct {
		name string
		op   func() error
		on   func(error) bool
		most int // rounds in 50 ms after the cancel
	}{
		{"Timeout", read, isTimeout, 10},
		{"Temporary", accept, func(err error) bool {
			ne, ok := err.(interface{ Temporary() bool })
			return ok && ne.Temporary()
		}, 10},
		{"os.ErrDeadlineExceeded", read, func(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }, 10},
		{"any error", read, func(error) bool { return true }, 400},
	} {
		for _, how := range []string{"deadline", "cancel"} {
			rounds := 0
			zio.Scope(func(tok zio.Token) error {
				start := time.Now().Add(5 * time.Millisecond)
				if how == "deadline" {
					tok.SetDeadline(start)
				} else {
					time.AfterFunc(time.Until(start), func() { tok.Cancel(nil) })
				}
				for time.Since(start) < 50*time.Millisecond {
					rounds++
					if err := l.op(); err != nil && !l.on(err) {
						break
					}
				}
				return nil
			})
			t.Logf("%s, %s: %d rounds", l.name, how, rounds)
			if rounds > l.most {
				t.Errorf("%s, by %s: %d rounds in 50 ms", l.name, how, rounds)
			}
		}
	}
}

// oneConn is a database with connections that do nothing.
type oneConn struct{ opened int }

func (d *oneConn) Connect(context.Context) (driver.Conn, error) { d.opened++; return d, nil }
func (d *oneConn) Driver() driver.Driver                        { return nil }
func (d *oneConn) Prepare(string) (driver.Stmt, error)          { return nil, errTest }
func (d *oneConn) Close() error                                 { return nil }
func (d *oneConn) Begin() (driver.Tx, error)                    { return nil, errTest }

// Waiting for a connection of a pool is canceled, and the connection stays healthy.
func TestSQLPool(t *testing.T) {
	fake := &oneConn{}
	db := sql.OpenDB(fake)
	defer db.Close()
	db.SetMaxOpenConns(1)
	ctx := context.Background()
	get := func() error {
		c, err := db.Conn(ctx)
		if err == nil {
			c.Close()
		}
		return err
	}
	held, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	within(t, get)
	held.Close()
	checkCanceled(t, zio.Timeout(0, get), context.DeadlineExceeded)
	if err := get(); err != nil || fake.opened != 1 {
		t.Errorf("after it: %v, %d connections were opened", err, fake.opened)
	}
}
