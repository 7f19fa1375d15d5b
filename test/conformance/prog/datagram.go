//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// Area datagram: UDP, Unix datagrams, seqpacket and raw IP: borders of messages,
// empty and truncated ones, connected and not.
func init() {
	for _, network := range []string{"udp4", "udp6", "unixgram"} {
		add("datagram", "connected/"+network, func(t *T) { gramConnected(t, network) })
		add("datagram", "unconnected/"+network, func(t *T) { gramUnconnected(t, network) })
		add("datagram", "empty/"+network, func(t *T) { gramEmpty(t, network) })
		add("datagram", "many/"+network, func(t *T) { gramMany(t, network) })
	}
	add("datagram", "msg", gramMsg)
	add("datagram", "too-large", gramLarge)
	add("datagram", "seqpacket", seqpacket)
	add("datagram", "raw-ip", rawIP)
	add("datagram", "unixgram-full", gramFull)
}

func (t *T) packetPair(network string) (server net.PacketConn, client net.Conn) {
	switch network {
	case "udp4":
		server = must(net.ListenPacket(network, "127.0.0.1:0"))
	case "udp6":
		var err error
		if server, err = net.ListenPacket(network, "[::1]:0"); err != nil {
			t.Skip("no IPv6")
		}
	default:
		server = must(net.ListenPacket(network, sockName()))
	}
	if network == "unixgram" {
		client = must(net.DialUnix(network, &net.UnixAddr{Name: sockName(), Net: network}, server.LocalAddr().(*net.UnixAddr)))
	} else {
		client = must(net.Dial(network, server.LocalAddr().String()))
	}
	t.Cleanup(func() { server.Close(); client.Close() })
	return server, client
}

func (t *T) readFrom(pc net.PacketConn, n int) net.Addr {
	b := make([]byte, n)
	n, from, err := pc.ReadFrom(b)
	t.Print("from:", sum(b[:n]), from != nil, err)
	return from
}

func gramConnected(t *T, network string) {
	server, client := t.packetPair(network)
	for i := range 5 {
		t.write(client, fmt.Appendf(nil, "datagram %d", i))
		from := t.readFrom(server, 100)
		wait := t.later("read", func() (any, error) {
			b := make([]byte, 100)
			n, err := client.Read(b)
			return string(b[:n]), err
		})
		moment()
		_, err := server.WriteTo([]byte("answer"), from)
		t.Print("answer:", err)
		wait()
	}
	// Two are there: each read takes one, and cuts it to its buffer.
	from := client.LocalAddr()
	server.WriteTo([]byte("first"), from)
	server.WriteTo([]byte("second"), from)
	server.WriteTo([]byte("third"), from)
	moment()
	t.read(client, 100)
	t.read(client, 3)
	t.read(client, 100)
}

func gramUnconnected(t *T, network string) {
	server, _ := t.packetPair(network)
	other, _ := t.packetPair(network)
	for range 3 {
		wait := t.later("waiting", func() (any, error) { n, _, err := other.ReadFrom(make([]byte, 100)); return n, err })
		moment()
		_, err := server.WriteTo([]byte("over"), other.LocalAddr())
		t.Print(err)
		wait()
	}
	other.Close()
	_, err := server.WriteTo([]byte("gone"), other.LocalAddr())
	if network == "unixgram" {
		t.Print("to nobody:", err)
	}
}

func gramEmpty(t *T, network string) {
	server, client := t.packetPair(network)
	t.write(client, nil)
	from := t.readFrom(server, 100)
	_, err := server.WriteTo(nil, from)
	t.Print(err)
	t.read(client, 100)
	server.WriteTo(nil, from)
	server.WriteTo([]byte("x"), from)
	moment()
	t.read(client, 0)
	t.read(client, 100)
	t.read(client, 100)
}

func gramMany(t *T, network string) {
	server, client := t.packetPair(network)
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 5000)
		for {
			n, from, err := server.ReadFrom(b)
			if err != nil {
				return
			}
			must(server.WriteTo(b[:n], from))
		}
	}()
	b := make([]byte, 5000)
	for i := range 2000 {
		out := pattern(1 + i%3000)
		must(client.Write(out))
		n, err := client.Read(b)
		if err != nil || string(b[:n]) != string(out) {
			t.Fatal("datagram ", i, ": ", n, " bytes, ", err)
		}
	}
	server.Close()
	<-done
	t.Print("all came back")
}

func gramMsg(t *T) {
	server, client := t.packetPair("udp4")
	us, uc := server.(*net.UDPConn), client.(*net.UDPConn)
	n, oobn, err := uc.WriteMsgUDP([]byte("message"), nil, nil)
	t.Print(n, oobn, err)
	b := make([]byte, 4)
	n, _, flags, from, err := us.ReadMsgUDPAddrPort(b, nil)
	t.Print(sum(b[:n]), flags, from.IsValid(), err)
	n, err = us.WriteToUDPAddrPort([]byte("back"), from)
	t.Print(n, err)
	t.read(client, 10)
}

func gramLarge(t *T) {
	_, client := t.packetPair("udp4")
	t.write(client, make([]byte, 70000))
	t.write(client, make([]byte, 65507))
}

func seqpacket(t *T) {
	c, s := t.pair("unixpacket")
	for _, m := range []string{"one", "two", "a longer one"} {
		t.write(c, []byte(m))
	}
	moment()
	t.read(s, 100)
	t.read(s, 1)
	t.read(s, 100)
	wait := t.later("read", func() (any, error) { return s.Read(make([]byte, 100)) })
	moment()
	t.write(c, pattern(5000))
	wait()
	t.write(c, pattern(5000))
	t.read(s, 10000)
	t.write(c, []byte("x"))
	c.Close()
	moment()
	t.read(s, 10)
	t.read(s, 10)
}

func rawIP(t *T) {
	if os.Getuid() != 0 {
		t.Skip("raw IP sockets need root")
	}
	// Protocol 253 is for experiments.
	// Programs that run at the same time would get each other's packets at one address.
	pid := os.Getpid()
	self := &net.IPAddr{IP: net.IPv4(127, byte(1+pid>>16&63), byte(pid>>8), byte(pid))}
	a, err := net.ListenIP("ip4:253", self)
	if err != nil {
		t.Skip("no raw IP sockets here")
	}
	defer a.Close()
	b := must(net.DialIP("ip4:253", self, self))
	defer b.Close()
	for i := range 3 {
		wait := t.later("waiting", func() (any, error) {
			p := make([]byte, 100)
			n, _, err := a.ReadFromIP(p)
			return sum(p[:n]), err
		})
		moment()
		t.write(b, fmt.Appendf(nil, "packet %d", i))
		wait()
	}
	// By Read the header comes too.
	c := must(net.DialIP("ip4:253", self, self))
	defer c.Close()
	must(b.Write([]byte("header")))
	p := make([]byte, 100)
	n, err := c.Read(p)
	t.Print(n, strings.HasSuffix(string(p[:n]), "header"), err)
}

// gramFull fills the queue of a receiver that does not read: unlike UDP, a Unix
// datagram then waits.
func gramFull(t *T) {
	dir := must(os.MkdirTemp("", "zioconf"))
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "sock")
	server := must(net.ListenPacket("unixgram", name))
	defer server.Close()
	client := must(net.Dial("unixgram", name))
	defer client.Close()
	const n = 2000
	wait := t.later("writes", func() (any, error) {
		for i := range n {
			if _, err := client.Write(fmt.Appendf(nil, "%d", i)); err != nil {
				return i, err
			}
		}
		return n, nil
	})
	moment()
	b := make([]byte, 100)
	for i := range n {
		m, _, err := server.ReadFrom(b)
		if err != nil || string(b[:m]) != fmt.Sprint(i) {
			t.Fatal("datagram ", i, ": ", string(b[:m]), err)
		}
	}
	wait()
}
