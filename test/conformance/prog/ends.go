//go:build linux

package main

import (
	"io"
	"net"
)

// Area ends: the end of a stream behind a short read. A read that brings fewer
// bytes than asked for may mean that nothing is left; the end must be
// seen at once all the same, whenever it came.
func init() {
	ends := append(streams[:len(streams):len(streams)], "unixpacket")
	each("ends", "fin-with-data", ends, endWithData)
	each("ends", "fin-before-read", ends, endBefore)
	each("ends", "fin-between-reads", ends, endBetween)
	each("ends", "fin-while-waiting", ends, endWaiting)
	each("ends", "half-close", ends, endHalf)
	each("ends", "close-read", ends, endCloseRead)
	each("ends", "close-write-then-write", ends, endCloseWrite)
	each("ends", "eof-again", ends, endAgain)
	each("ends", "many-short-reads", ends, endShort)
	each("ends", "exact-read", ends, endExact)
}

type halfCloser interface {
	net.Conn
	CloseRead() error
	CloseWrite() error
}

func endWithData(t *T, network string) {
	for range 20 {
		c, s := t.pair(network)
		wait := t.later("read", func() (any, error) {
			b := make([]byte, 64)
			n, err := s.Read(b)
			return sum(b[:n]), err
		})
		go func() {
			c.Write([]byte("last words"))
			c.Close()
		}()
		wait()
		t.read(s, 64)
	}
}

func endBefore(t *T, network string) {
	c, s := t.pair(network)
	c.Write([]byte("last words"))
	c.Close()
	moment()
	t.read(s, 64)
	t.read(s, 64)
}

func endBetween(t *T, network string) {
	c, s := t.pair(network)
	c.Write([]byte("first"))
	t.read(s, 64)
	moment()
	c.Write([]byte("last"))
	c.Close()
	moment()
	t.read(s, 64)
	t.read(s, 64)

	c, s = t.pair(network)
	c.Write([]byte("first"))
	t.read(s, 64)
	c.Close()
	moment()
	t.read(s, 64)
}

func endWaiting(t *T, network string) {
	c, s := t.pair(network)
	for _, msg := range []string{"a", "bc", ""} {
		wait := t.later("read", func() (any, error) {
			b := make([]byte, 64)
			n, err := s.Read(b)
			return sum(b[:n]), err
		})
		moment()
		if msg == "" {
			c.Close()
		} else {
			c.Write([]byte(msg))
		}
		wait()
	}
}

func endHalf(t *T, network string) {
	c, s := t.pair(network)
	c.Write([]byte("question"))
	t.Must(c.(halfCloser).CloseWrite())
	t.read(s, 64)
	t.read(s, 64)
	t.write(s, []byte("answer"))
	t.read(c, 64)
	t.write(s, []byte("more"))
	s.Close()
	t.read(c, 64)
	t.read(c, 64)
	t.write(c, []byte("late"))
}

func endCloseRead(t *T, network string) {
	c, s := t.pair(network)
	wait := t.later("read under CloseRead", func() (any, error) {
		return s.Read(make([]byte, 10))
	})
	moment()
	t.Must(s.(halfCloser).CloseRead())
	wait()
	t.read(s, 10)
	t.write(s, []byte("still"))
	t.read(c, 10)
	t.Print("twice:", s.(halfCloser).CloseRead())
}

func endCloseWrite(t *T, network string) {
	c, _ := t.pair(network)
	t.Must(c.(halfCloser).CloseWrite())
	t.write(c, []byte("x"))
	t.write(c, pattern(100000))
	t.Print("twice:", c.(halfCloser).CloseWrite())
	c.Close()
	t.Print("closed:", c.(halfCloser).CloseWrite())
}

func endAgain(t *T, network string) {
	c, s := t.pair(network)
	c.Write([]byte("x"))
	c.Close()
	t.read(s, 10)
	for range 3 {
		t.read(s, 10)
	}
	n, err := io.Copy(io.Discard, s)
	t.Print(n, err)
}

func endShort(t *T, network string) {
	c, s := t.pair(network)
	for i := range 50 {
		c.Write(pattern(10 + i))
		t.read(s, 4096)
	}
	c.Close()
	t.read(s, 4096)
}

// endExact reads exactly what there is, after which the queue may be empty or
// not.
func endExact(t *T, network string) {
	c, s := t.pair(network)
	c.Write([]byte("0123456789"))
	moment()
	t.read(s, 10)
	c.Write([]byte("0123456789"))
	moment()
	t.read(s, 10)
	c.Close()
	t.read(s, 10)
}
