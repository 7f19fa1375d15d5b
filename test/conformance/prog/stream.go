//go:build linux

package main

import (
	"io"
	"net"
	"time"
)

// Area stream: bytes, their order, and the ends of both directions.
func init() {
	each("stream", "sizes", streams, streamSizes)
	each("stream", "slow-reader", streams, streamSlowReader)
	each("stream", "buffers", streams, streamBuffers)
	each("stream", "zero-length", streams, streamZeroLength)
	each("stream", "write-deadline-partial", streams, streamPartial)
	each("stream", "both-directions", streams, streamBoth)
	each("stream", "read-from-writer-to", streams, streamReadFrom)
}

// streamSizes writes around the sizes at which the way of a buffer changes.
func streamSizes(t *T, network string) {
	c, s := t.pair(network)
	for _, n := range []int{1, 63, 64, 4095, 4096, 4097, 8192, 8193, 16383, 16384, 16385, 65535, 65536, 65537, 1 << 20, 3<<20 + 1} {
		out := pattern(n)
		go func() {
			if m, err := c.Write(out); m != n || err != nil {
				t.Fatal("write of ", n, ": ", m, err)
			}
		}()
		b := make([]byte, n)
		m, err := io.ReadFull(s, b)
		t.Print(n, m, err, string(out) == string(b))
	}
}

// streamSlowReader writes more than the socket buffers hold.
func streamSlowReader(t *T, network string) {
	c, s := t.pair(network)
	out := pattern(5 << 20)
	wait := t.later("write", func() (any, error) {
		n, err := c.Write(out)
		c.Close()
		return n, err
	})
	var got []byte
	b := make([]byte, 300<<10)
	for i := 0; ; i++ {
		if i < 5 {
			time.Sleep(ms(10))
		}
		n, err := s.Read(b[:1+i*7919%len(b)])
		got = append(got, b[:n]...)
		if err != nil {
			t.Print("end:", err)
			break
		}
	}
	wait()
	t.Print(len(got), string(got) == string(out))
}

func streamBuffers(t *T, network string) {
	c, s := t.pair(network)
	for _, sizes := range [][]int{{0}, {1, 2, 3}, {0, 5, 0, 7}, {100000, 1, 100000}, {4096, 4096}} {
		var v net.Buffers
		var want []byte
		for _, n := range sizes {
			p := pattern(n)
			v = append(v, p)
			want = append(want, p...)
		}
		wait := t.later("buffers", func() (any, error) { return v.WriteTo(c) })
		b := make([]byte, len(want))
		n, err := io.ReadFull(s, b)
		wait()
		t.Print(n, err, string(b) == string(want), len(v))
	}
	// Many small ones take several system calls.
	var v net.Buffers
	for range 3000 {
		v = append(v, []byte("abc"))
	}
	wait := t.later("buffers", func() (any, error) { return v.WriteTo(c) })
	b := make([]byte, 9000)
	n, err := io.ReadFull(s, b)
	wait()
	t.Print(n, err, sum(b))
}

func streamZeroLength(t *T, network string) {
	c, s := t.pair(network)
	t.read(s, 0)
	t.write(c, nil)
	c.SetDeadline(time.Unix(1, 0))
	t.read(c, 0)
	t.write(c, nil)
	c.SetDeadline(time.Time{})
	t.write(c, []byte("x"))
	moment()
	t.read(s, 0)
	t.read(s, 5)
	c.(interface{ CloseWrite() error }).CloseWrite()
	moment()
	t.read(s, 0)
	t.read(s, 1)
	t.write(c, nil)
	t.read(s, 0)
	c.Close()
	t.read(c, 0)
	t.write(c, nil)
}

// streamPartial lets writes time out with part of the buffer sent, and goes on
// where they stopped.
func streamPartial(t *T, network string) {
	c, s := t.pair(network)
	out := pattern(8 << 20)
	rest := out
	c.SetWriteDeadline(time.Now().Add(ms(20)))
	n, err := c.Write(rest)
	t.Print("some, not all:", n > 0, n < len(rest), err)
	rest = rest[n:]
	n, err = c.Write(rest[:1000])
	t.Print("none:", n, err)
	got := make(chan []byte)
	go func() { got <- must(io.ReadAll(s)) }()
	for len(rest) > 0 {
		c.SetWriteDeadline(time.Now().Add(ms(2)))
		n, err := c.Write(rest)
		if err == nil && n != len(rest) {
			t.Fatal("short write without an error")
		}
		rest = rest[n:]
	}
	c.Close()
	t.Print(string(<-got) == string(out))
}

// streamBoth has both directions of both ends busy at once.
func streamBoth(t *T, network string) {
	c, s := t.pair(network)
	a, b := pattern(1<<20), pattern(1<<20+5)
	for _, x := range []struct {
		conn net.Conn
		out  []byte
	}{{c, a}, {s, b}} {
		go func() {
			for p := x.out; len(p) > 0; {
				n := min(len(p), 3000)
				must(x.conn.Write(p[:n]))
				p = p[n:]
			}
		}()
	}
	gotB := make([]byte, len(b))
	wait := t.later("one way", func() (any, error) { return io.ReadFull(c, gotB) })
	gotA := make([]byte, len(a))
	n, err := io.ReadFull(s, gotA)
	wait()
	t.Print("other way:", n, err, string(gotA) == string(a), string(gotB) == string(b))
}

func streamReadFrom(t *T, network string) {
	c, s := t.pair(network)
	out := pattern(200000)
	wait := t.later("ReadFrom", func() (any, error) {
		rf, ok := c.(io.ReaderFrom)
		if !ok {
			c.Write(out)
			c.Close()
			return int64(len(out)), nil
		}
		n, err := rf.ReadFrom(io.LimitReader(&repeat{out}, int64(len(out))))
		c.Close()
		return n, err
	})
	got, err := io.ReadAll(s)
	wait()
	t.Print(string(got) == string(out), err)
}

// repeat reads p again and again.
type repeat struct{ p []byte }

func (r *repeat) Read(b []byte) (int, error) { return copy(b, r.p), nil }
