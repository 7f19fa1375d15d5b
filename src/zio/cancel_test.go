// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix

package zio_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
	"zio"
)

// pair returns the two ends of a connection.
func pair(t testing.TB, network string) (client, server net.Conn) {
	t.Helper()
	addr := "127.0.0.1:0"
	if network == "unix" {
		addr = filepath.Join(t.TempDir(), "s")
	}
	ln, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if client, err = net.Dial(network, ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if server, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}

// A wait is an operation that waits for ever, and what shows that nothing was lost
// by a cancel: it is nil, or returns an error.
type wait struct {
	op    func() error
	after func() error
}

var waits = map[string]func(t testing.TB) wait{
	"tcp read": func(t testing.TB) wait {
		c, s := pair(t, "tcp")
		return reads(c, s)
	},
	"unix read": func(t testing.TB) wait {
		c, s := pair(t, "unix")
		return reads(c, s)
	},
	"pipe read": func(t testing.TB) wait {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close(); w.Close() })
		return reads(r, w)
	},
	"tcp write": func(t testing.TB) wait {
		c, s := pair(t, "tcp")
		return writes(c, s)
	},
	"pipe write": func(t testing.TB) wait {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close(); w.Close() })
		return writes(w, r)
	},
	"accept": func(t testing.TB) wait {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { ln.Close() })
		return wait{
			op: func() error { _, err := ln.Accept(); return err },
			after: func() error {
				c, err := net.Dial("tcp", ln.Addr().String())
				if err != nil {
					return err
				}
				defer c.Close()
				s, err := ln.Accept()
				if err == nil {
					s.Close()
				}
				return err
			},
		}
	},
	"udp read": func(t testing.TB) wait {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return wait{
			op: func() error { _, _, err := c.ReadFrom(make([]byte, 10)); return err },
			after: func() error {
				if _, err := c.WriteTo([]byte("x"), c.LocalAddr()); err != nil {
					return err
				}
				_, _, err := c.ReadFrom(make([]byte, 10))
				return err
			},
		}
	},
	"connect": func(t testing.TB) wait {
		addr := fullListener(t)
		return wait{op: func() error {
			c, err := net.Dial("tcp", addr)
			if err == nil {
				c.Close()
			}
			return err
		}}
	},
}

// reads returns reads from r, to which w writes.
func reads(r io.Reader, w io.Writer) wait {
	return wait{
		op: func() error { _, err := r.Read(make([]byte, 10)); return err },
		after: func() error {
			if _, err := w.Write([]byte("x")); err != nil {
				return err
			}
			n, err := r.Read(make([]byte, 10))
			if err == nil && n != 1 {
				err = errors.New("not what was written")
			}
			return err
		},
	}
}

// writes returns writes to w, which r reads from, where every byte is counted.
func writes(w io.WriteCloser, r io.Reader) wait {
	written := 0
	buf := make([]byte, 64<<10)
	return wait{
		op: func() error {
			for {
				n, err := w.Write(buf)
				written += n
				if err != nil {
					return err
				}
			}
		},
		after: func() error {
			w.Close()
			n, err := io.Copy(io.Discard, r)
			if err == nil && n != int64(written) {
				err = errors.New("not as much arrived as Write reported")
			}
			return err
		},
	}
}

// fullListener returns the address of a listener that answers no more connects.
func fullListener(t testing.TB) string {
	if runtime.GOOS != "linux" {
		t.Skip("how to fill a backlog is known on linux only")
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	sa, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: sa.(*syscall.SockaddrInet4).Port}
	for {
		c, err := net.DialTimeout("tcp", addr.String(), 100*time.Millisecond)
		if err != nil {
			return addr.String()
		}
		t.Cleanup(func() { c.Close() })
	}
}

// Every kind of wait is ended by every kind of cancel, at any time, and what it
// waited for is as it was. The peers are silent: nothing but the cancel can end
// the wait.
func TestCancelWaits(t *testing.T) {
	rounds := 200
	if testing.Short() || raceEnabled {
		rounds = 50
	}
	for name, mk := range waits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := mk(t)
			for i := range rounds {
				// From before the wait to after it has parked.
				d := time.Duration(i%50) * 4 * time.Microsecond
				err := zio.Timeout(d, w.op)
				checkCanceled(t, err, context.DeadlineExceeded)
				err = zio.Scope(func(tok zio.Token) error {
					go func() {
						spin(d)
						tok.Cancel(errTest)
					}()
					return w.op()
				})
				checkCanceled(t, err, errTest)
			}
			if w.after != nil {
				if err := w.after(); err != nil {
					t.Errorf("after %d cancels: %v", 2*rounds, err)
				}
			}
		})
	}
}

func spin(d time.Duration) {
	for start := time.Now(); time.Since(start) < d; {
	}
}

func checkCanceled(t testing.TB, err, want error) {
	t.Helper()
	var ce *zio.CanceledError
	if !errors.As(err, &ce) || !errors.Is(err, want) || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %v, want one that was canceled: %v", err, want)
	}
}

// An operation that a deadline interrupts is a timeout, one that is refused is not.
func TestInterruptedOrRefused(t *testing.T) {
	c, _ := pair(t, "tcp")
	err := zio.Timeout(5*time.Millisecond, func() error {
		_, err := c.Read(make([]byte, 1))
		if ne, ok := err.(net.Error); !ok || !ne.Timeout() || ne.Temporary() {
			t.Errorf("interrupted: %v (%T)", err, err)
		}
		_, err = c.Read(make([]byte, 1))
		return err
	})
	if ne, ok := err.(net.Error); !ok || ne.Timeout() || ne.Temporary() || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("refused: %v (%T)", err, err)
	}
	zio.Scope(func(tok zio.Token) error {
		time.AfterFunc(5*time.Millisecond, func() { tok.Cancel(nil) })
		_, err := c.Read(make([]byte, 1))
		if ne, ok := err.(net.Error); !ok || ne.Timeout() || !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: %v (%T)", err, err)
		}
		return nil
	})
}

// Closed comes before canceled, and canceled before the descriptor's deadline.
func TestPriority(t *testing.T) {
	c, _ := pair(t, "tcp")
	c.SetDeadline(time.Now().Add(-time.Second))
	_, err := c.Read(make([]byte, 1))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("outside of the scope: %v", err)
	}
	zio.Timeout(0, func() error {
		_, err := c.Read(make([]byte, 1))
		checkCanceled(t, err, context.DeadlineExceeded)
		_, err = c.Write(make([]byte, 1))
		checkCanceled(t, err, context.DeadlineExceeded)
		if err := c.Close(); err != nil {
			t.Errorf("Close in a canceled scope: %v", err)
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a closed connection in a canceled scope: %v", err)
		}
		return nil
	})
}

// Data that has come is returned, whatever the scope says meanwhile.
func TestCompletionFirst(t *testing.T) {
	c, s := pair(t, "tcp")
	rounds, got, canceled := 2000, 0, 0
	if raceEnabled || testing.Short() {
		rounds = 300
	}
	for i := range rounds {
		zio.Scope(func(tok zio.Token) error {
			var wg sync.WaitGroup
			wg.Go(func() { spin(time.Duration(i%30) * time.Microsecond); s.Write([]byte{byte(i)}) })
			wg.Go(func() { spin(time.Duration(i/30%30) * time.Microsecond); tok.Cancel(nil) })
			var b [2]byte
			n, err := c.Read(b[:])
			wg.Wait()
			if err != nil {
				checkCanceled(t, err, context.Canceled)
				canceled++
				zio.Shield(func() error { n, err = c.Read(b[:]); return err })
			}
			if err != nil || n != 1 || b[0] != byte(i) {
				t.Fatalf("round %d: got %d bytes, %v, %v", i, n, b, err)
			}
			got++
			return nil
		})
	}
	t.Logf("%d bytes, %d cancels came first", got, canceled)
}

// What waits in a group's tasks is ended with the group, however deep.
func TestCancelTasks(t *testing.T) {
	n := 200
	if raceEnabled || testing.Short() {
		n = 50
	}
	var conns []net.Conn
	for range n {
		c, _ := pair(t, "tcp")
		conns = append(conns, c)
	}
	read := func(c net.Conn) func() error {
		return func() error { _, err := c.Read(make([]byte, 1)); return err }
	}
	for round := range 20 {
		start := time.Now()
		var took time.Duration
		err := zio.Run(nil, func(g *zio.Group) error {
			for i, c := range conns {
				switch i % 4 {
				case 0:
					g.Go(read(c))
				case 1:
					g.Go(func() error { return zio.Timeout(time.Hour, read(c)) })
				case 2:
					g.Go(func() error {
						return zio.Timeout(time.Hour, func() error {
							return zio.Run(nil, func(g *zio.Group) error {
								g.Go(read(c))
								return nil
							})
						})
					})
				case 3:
					g.Go(func() error {
						return zio.Run(nil, func(*zio.Group) error { return read(c)() })
					})
				}
			}
			if round%2 == 0 {
				time.Sleep(time.Duration(round) * time.Millisecond)
			}
			start = time.Now()
			return errTest
		})
		took = time.Since(start)
		if err != errTest || took > 10*time.Second {
			t.Fatalf("Run = %v after %v", err, took)
		}
	}
}
