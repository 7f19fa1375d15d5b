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
)

func init() { modes["tls"] = tlsMode }

// tlsMode is an ordinary Go client: only the server is measured, and the
// handshakes are over before that.
func tlsMode(c *config) (session, error) {
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
	return &tlsSession{c: c, conns: conns}, nil
}

type tlsSession struct {
	c     *config
	conns []*tls.Conn
	done  int64
}

func (s *tlsSession) figures(map[string]float64) {}

func (s *tlsSession) end() (int64, error) {
	for _, conn := range s.conns {
		if err := conn.CloseWrite(); err != nil {
			return 0, err
		}
		if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
			return 0, fmt.Errorf("after the end of a connection: %w", err)
		}
		conn.Close()
	}
	return s.done, nil
}

func (s *tlsSession) run(n int64) (int64, error) {
	var wg sync.WaitGroup
	var budget atomic.Int64
	budget.Store(n)
	errs := make([]error, len(s.conns))
	for i, c := range s.conns {
		wg.Go(func() {
			out, in := bytes.Repeat([]byte{byte(i)}, s.c.size), make([]byte, s.c.size)
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
	s.done += n
	return n, errors.Join(errs...)
}
