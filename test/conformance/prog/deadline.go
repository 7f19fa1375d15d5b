//go:build linux

package main

import (
	"io"
	"net"
	"time"
)

// Area deadline: deadlines that are set before, during and after operations.
func init() {
	all := append(streams[:len(streams):len(streams)], "unixpacket")
	each("deadline", "read-before", all, deadlineReadBefore)
	each("deadline", "read-during", all, deadlineReadDuring)
	each("deadline", "write-before", streams, deadlineWriteBefore)
	each("deadline", "write-during", streams, deadlineWriteDuring)
	each("deadline", "data-not-lost", all, deadlineNotLost)
	each("deadline", "extend", all, deadlineExtend)
	each("deadline", "past-with-data", all, deadlinePast)
	each("deadline", "both", streams, deadlineBoth)
	add("deadline", "accept", deadlineAccept)
	add("deadline", "datagram", deadlineDatagram)
	add("deadline", "closed", deadlineClosed)
}

// took prints whether something took at least min and not very much longer.
func (t *T) took(what string, start time.Time, min time.Duration) {
	d := time.Since(start)
	t.Print(what, "in time:", d >= min && d < min+ms(5000))
}

func deadlineReadBefore(t *T, network string) {
	c, s := t.pair(network)
	start := time.Now()
	s.SetReadDeadline(start.Add(ms(30)))
	t.read(s, 10)
	t.took("read", start, ms(30))
	t.read(s, 10)
	s.SetReadDeadline(time.Time{})
	c.Write([]byte("after"))
	t.read(s, 10)
	// After a short read, which may have told the runtime that nothing is left.
	start = time.Now()
	s.SetReadDeadline(start.Add(ms(30)))
	t.read(s, 10)
	t.took("read", start, ms(30))
}

func deadlineReadDuring(t *T, network string) {
	c, s := t.pair(network)
	for _, d := range []time.Duration{-time.Second, 0, ms(20)} {
		s.SetReadDeadline(time.Time{})
		wait := t.later("read", func() (any, error) { return s.Read(make([]byte, 10)) })
		moment()
		s.SetReadDeadline(time.Now().Add(d))
		wait()
	}
	s.SetReadDeadline(time.Time{})
	c.Write([]byte("after"))
	t.read(s, 10)
}

// fill writes until the socket buffers are full.
func fill(c net.Conn) (total int64) {
	b := make([]byte, 64<<10)
	for {
		c.SetWriteDeadline(time.Now().Add(ms(20)))
		n, err := c.Write(b)
		total += int64(n)
		if err != nil {
			c.SetWriteDeadline(time.Time{})
			return total
		}
	}
}

func deadlineWriteBefore(t *T, network string) {
	c, s := t.pair(network)
	total := fill(c)
	start := time.Now()
	c.SetWriteDeadline(start.Add(ms(30)))
	for _, n := range []int{1 << 20, 10000, 10} {
		n, err := c.Write(make([]byte, n))
		total += int64(n)
		t.Print("write:", err)
	}
	t.took("writes", start, ms(30))
	c.SetWriteDeadline(time.Now().Add(-time.Second))
	t.write(c, []byte("x"))
	c.SetWriteDeadline(time.Time{})
	go func() {
		must(c.Write([]byte("x")))
		c.Close()
	}()
	n, err := io.Copy(io.Discard, s)
	t.Print(n == total+1, err)
}

func deadlineWriteDuring(t *T, network string) {
	for _, size := range []int{10, 10000, 100000} {
		c, s := t.pair(network)
		total := fill(c)
		wait := t.later("write", func() (any, error) {
			for {
				n, err := c.Write(make([]byte, size))
				total += int64(n)
				if err != nil {
					return nil, err
				}
			}
		})
		moment()
		c.SetWriteDeadline(time.Unix(1, 0))
		wait()
		c.Close()
		n, err := io.Copy(io.Discard, s)
		t.Print(n == total, err)
	}
}

// deadlineNotLost lets data arrive about when the deadline passes.
func deadlineNotLost(t *T, network string) {
	c, s := t.pair(network)
	const n = 300
	go func() {
		for i := range n {
			time.Sleep(time.Duration(i%7) * 50 * time.Microsecond)
			must(c.Write([]byte{byte(i)}))
		}
	}()
	b := make([]byte, 1)
	timeouts := 0
	for i := 0; i < n; {
		s.SetReadDeadline(time.Now().Add(time.Duration((i+timeouts)%5) * 60 * time.Microsecond))
		m, err := s.Read(b)
		if err != nil {
			timeouts++
			continue
		}
		if m != 1 || b[0] != byte(i) {
			t.Fatal("byte ", i, " is ", b[0])
		}
		i++
	}
	t.Print("all there, some timeouts:", timeouts > 0)
}

func deadlineExtend(t *T, network string) {
	c, s := t.pair(network)
	s.SetReadDeadline(time.Now().Add(ms(20)))
	wait := t.later("read", func() (any, error) {
		b := make([]byte, 10)
		n, err := s.Read(b)
		return string(b[:n]), err
	})
	s.SetReadDeadline(time.Now().Add(10 * time.Second))
	time.Sleep(ms(60))
	c.Write([]byte("late"))
	wait()
}

// deadlinePast has data there, which does not help.
func deadlinePast(t *T, network string) {
	c, s := t.pair(network)
	c.Write([]byte("data"))
	moment()
	s.SetDeadline(time.Now().Add(-time.Second))
	t.read(s, 10)
	t.write(s, []byte("x"))
	s.SetDeadline(time.Time{})
	t.read(s, 10)
}

func deadlineBoth(t *T, network string) {
	c, _ := t.pair(network)
	fill(c)
	r := t.later("read", func() (any, error) { return c.Read(make([]byte, 10)) })
	w := t.later("write", func() (any, error) { _, err := c.Write(make([]byte, 1<<20)); return nil, err })
	moment()
	c.SetDeadline(time.Now().Add(ms(10)))
	r()
	w()
}

func deadlineAccept(t *T) {
	for _, network := range []string{"tcp4", "unix"} {
		ln := t.listen(network)
		dl := ln.(interface{ SetDeadline(time.Time) error })
		dl.SetDeadline(time.Now().Add(ms(20)))
		_, err := ln.Accept()
		t.Print("accept:", err)
		dl.SetDeadline(time.Time{})
		wait := t.later("accept", func() (any, error) { _, err := ln.Accept(); return nil, err })
		moment()
		dl.SetDeadline(time.Now())
		wait()
		dl.SetDeadline(time.Time{})
		c := must(net.Dial(ln.Addr().Network(), ln.Addr().String()))
		s, err := ln.Accept()
		t.Print(err)
		c.Close()
		s.Close()
	}
}

func deadlineDatagram(t *T) {
	for _, pc := range []net.PacketConn{must(net.ListenPacket("udp4", "127.0.0.1:0")), must(net.ListenPacket("unixgram", sockName()))} {
		pc.SetReadDeadline(time.Now().Add(ms(20)))
		_, _, err := pc.ReadFrom(make([]byte, 10))
		t.Print("read:", err)
		pc.SetReadDeadline(time.Time{})
		wait := t.later("read", func() (any, error) { n, _, err := pc.ReadFrom(make([]byte, 10)); return n, err })
		moment()
		pc.SetReadDeadline(time.Unix(1, 0))
		wait()
		pc.Close()
	}
}

func deadlineClosed(t *T) {
	c, _ := t.pair("tcp4")
	c.Close()
	t.Print(c.SetDeadline(time.Now()))
	t.Print(c.SetReadDeadline(time.Time{}))
	t.Print(c.SetWriteDeadline(time.Time{}))
}
