package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/zio-go/zio/bench/internal/wire"
)

func init() { modes["tls"] = tlsMode }

// tlsMode is an ordinary Go client: only the server is measured, and the
// handshakes are over before that.
func tlsMode(c *config) (*wire.Result, error) {
	debug.SetGCPercent(400) // unlike the epoll loops this allocates
	conns := make([]*tls.Conn, c.conns)
	for i := range conns {
		// The certificate is of the server's own making and this is
		// loopback: there is nobody to verify.
		conn, err := tls.Dial("tcp", c.addr, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13})
		if err != nil {
			return nil, fmt.Errorf("connection %d: %w", i, err)
		}
		conns[i] = conn
	}
	if _, err := tlsRun(conns, c.warm, c.size); err != nil {
		return nil, fmt.Errorf("warm-up: %w", err)
	}
	v, err := c.measure(func() (int64, error) { return tlsRun(conns, c.msgs, c.size) })
	if err != nil {
		return nil, err
	}
	for _, conn := range conns {
		if err := conn.CloseWrite(); err != nil {
			return nil, err
		}
		if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
			return nil, fmt.Errorf("after the end of a connection: %w", err)
		}
		conn.Close()
	}
	return result(v, c.warm+c.msgs), nil
}

func tlsRun(conns []*tls.Conn, n int64, size int) (int64, error) {
	var wg sync.WaitGroup
	var budget atomic.Int64
	budget.Store(n)
	errs := make([]error, len(conns))
	for i, c := range conns {
		wg.Go(func() {
			out, in := bytes.Repeat([]byte{byte(i)}, size), make([]byte, size)
			for seq := byte(0); budget.Add(-1) >= 0; seq++ {
				out[0] = seq
				if _, errs[i] = c.Write(out); errs[i] != nil {
					return
				}
				if _, errs[i] = io.ReadFull(c, in); errs[i] != nil {
					return
				}
				if !bytes.Equal(in, out) {
					errs[i] = errors.New("wrong bytes in a reply")
					return
				}
			}
		})
	}
	wg.Wait()
	return n, errors.Join(errs...)
}
