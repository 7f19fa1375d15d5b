//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
	"unsafe"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
	"golang.org/x/sys/unix"
)

func init() { programs["pagefault"] = pageFaults }

// pageFaults sends from and receives into memory whose pages come late. Only
// the goroutine that does it waits.
func pageFaults([]string) {
	s := newSlowPages()
	for _, c := range []struct {
		where string
		n     int // bytes
		miss  int // page that is missing
	}{
		{"all", 100, 0},
		{"beginning", 3000, 0},
		{"end", 3000, 1},
		{"middle", 12000, 1},
		{"end", 12000, 2},
		{"middle", 40000, 4},
	} {
		// A short buffer ends in its second page.
		off := 0
		if c.miss > 0 && c.n < pageSize {
			off = pageSize - c.n/2
		}
		slow := func() []byte { return s.mapped(c.n/pageSize+2, c.miss)[off:][:c.n] }
		for _, network := range []string{"tcp", "unix"} {
			what := fmt.Sprintf("%s, %d bytes, %s missing", network, c.n, c.where)
			sendAlone(network, slow())
			s.report("send " + what)
			receive(network, slow(), false)
			s.report("receive what is there " + what)
			receive(network, slow(), true)
			s.report("receive later " + what)
		}
	}
	for _, n := range []int{100, 3000, 12000} {
		sendTogether(s, n)
		s.report(fmt.Sprintf("send together, %d bytes", n))
		receiveTogether(s, n)
		s.report(fmt.Sprintf("receive together, %d bytes", n))
	}
	for _, g := range globals {
		sendAlone("tcp", g.page(s))
		s.report("send " + g.name)
		receive("tcp", g.page(s), true)
		s.report("receive " + g.name)
	}
	datagrams(s)
	gather(s)
}

// want checks that b is the contents of slow memory from offset off of a page.
func want(b []byte, off int) {
	for len(b) > 0 {
		n := min(len(b), pageSize-off)
		work.Must(stream.Check(b[:n], pageSeed, int64(off)))
		b, off = b[n:], 0
	}
}

// offset is the place of b in its page.
func offset(b []byte) int { return int(uintptr(unsafe.Pointer(&b[0])) % uintptr(pageSize)) }

// sendAlone sends b while nothing else is about to run.
func sendAlone(network string, b []byte) {
	c, peer := rawPair(network)
	work.Must1(c.Write(b))
	want(readFull(peer, len(b)), offset(b))
	c.Close()
}

// receive receives into b, before or after there is something to receive.
func receive(network string, b []byte, later bool) {
	c, peer := rawPair(network)
	send := func() { work.Must1(unix.Write(peer, plain(len(b)))) }
	if later {
		time.AfterFunc(3*time.Millisecond, send)
	} else {
		send()
		pause()
	}
	work.Must1(io.ReadFull(c, b))
	checkReceived(b)
	c.Close()
	unix.Close(peer)
}

func plain(n int) []byte {
	b := make([]byte, n)
	stream.Fill(b, uint64(n), 0)
	return b
}

func checkReceived(b []byte) { work.Must(stream.Check(b, uint64(len(b)), 0)) }

// together is how many goroutines send or receive at the same time, every
// fourth with slow memory.
const together = 16

func someSlow(s *slowPages, n int) [][]byte {
	var bs [][]byte
	for i := range together {
		pages := n/pageSize + 1
		b := make([]byte, pages*pageSize)
		if i%4 == 1 {
			b = s.mapped(pages, pages/2)
		} else {
			for p := range pages {
				fillPage(b[p*pageSize:][:pageSize])
			}
		}
		bs = append(bs, b[:n])
	}
	return bs
}

// sendTogether makes many goroutines send as soon as they can.
func sendTogether(s *slowPages, n int) {
	bs := someSlow(s, n)
	peers := make([]int, len(bs))
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i, b := range bs {
		var c net.Conn
		c, peers[i] = rawPair("tcp")
		wg.Go(func() {
			<-start
			work.Must1(c.Write(b))
			c.Close()
		})
	}
	pause()
	close(start)
	wg.Wait()
	for i, peer := range peers {
		got := readFull(peer, n)
		if bs[i][0] != got[0] {
			work.Failf("wrong bytes")
		}
		want(got, 0)
	}
}

// receiveTogether makes many goroutines receive what comes at the same time.
func receiveTogether(s *slowPages, n int) {
	bs := someSlow(s, n)
	peers := make([]int, len(bs))
	var wg sync.WaitGroup
	for i, b := range bs {
		var c net.Conn
		c, peers[i] = rawPair("tcp")
		wg.Go(func() {
			work.Must1(io.ReadFull(c, b))
			c.Close()
		})
	}
	pause()
	out := plain(n)
	for _, peer := range peers {
		// The P does not look at the poller in between.
		unix.RawSyscall(unix.SYS_WRITE, uintptr(peer), uintptr(unsafe.Pointer(&out[0])), uintptr(n))
	}
	wg.Wait()
	for i, b := range bs {
		checkReceived(b)
		unix.Close(peers[i])
	}
}

func readFull(fd, n int) []byte {
	b := make([]byte, n)
	for n := 0; n < len(b); {
		m, err := unix.Read(fd, b[n:])
		if err != nil || m == 0 {
			work.Failf("received %d bytes of %d: %v", n, len(b), err)
		}
		n += m
	}
	unix.Close(fd)
	return b
}

// rawPair returns a connection whose other end the runtime does not know.
func rawPair(network string) (c net.Conn, peer int) {
	ln := rawListen(network)
	defer unix.Close(ln)
	switch a := work.Must1(unix.Getsockname(ln)).(type) {
	case *unix.SockaddrInet4:
		c = work.Must1(net.Dial(network, fmt.Sprint("127.0.0.1:", a.Port)))
	case *unix.SockaddrUnix:
		c = work.Must1(net.Dial(network, a.Name))
	}
	if network == "udp" {
		peer = work.Must1(unix.Dup(ln))
		local := c.LocalAddr().(*net.UDPAddr)
		work.Must(unix.Connect(peer, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: local.Port}))
		return c, peer
	}
	peer, _, err := unix.Accept(ln)
	work.Must(err)
	return c, peer
}

func rawListen(network string) int {
	domain, kind := unix.AF_INET, unix.SOCK_STREAM
	addr := unix.Sockaddr(&unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	switch network {
	case "udp":
		kind = unix.SOCK_DGRAM
	case "unix":
		domain, addr = unix.AF_UNIX, &unix.SockaddrUnix{Name: fmt.Sprintf("@ziofault-%d", os.Getpid())}
	}
	fd := work.Must1(unix.Socket(domain, kind|unix.SOCK_CLOEXEC, 0))
	work.Must(unix.Bind(fd, addr))
	if network != "udp" {
		work.Must(unix.Listen(fd, 1))
	}
	return fd
}

// Global variables, with and without contents in the executable.
var (
	bss  [32 << 10]byte
	data = [32 << 10]byte{1}
)

// globals hands out pages of the variables, each once.
var globals = []*global{{name: "bss", left: bss[:]}, {name: "data", left: data[:]}}

type global struct {
	name string
	left []byte
}

func (g *global) page(s *slowPages) []byte {
	b := g.left[-uintptr(unsafe.Pointer(&g.left[0]))%uintptr(pageSize):]
	g.left = b[pageSize:]
	b = b[:pageSize]
	// The executable's own pages cannot be slow: put others in their place.
	p := unsafe.Pointer(&b[0])
	q, err := unix.MmapPtr(-1, 0, p, uintptr(pageSize), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_FIXED)
	work.Must(err)
	if p != q {
		work.Failf("mapped at %p, not %p", q, p)
	}
	s.slow(b, 0)
	return b
}

// datagrams sends and receives slow memory on sockets that are connected and
// that are not.
func datagrams(s *slowPages) {
	slow := func() []byte { return s.mapped(1, 0)[:1000] }
	sendAlone("udp", slow())
	s.report("send a datagram")
	receive("udp", slow(), false)
	receive("udp", slow(), true)
	s.report("receive a datagram")
	a := work.Must1(net.ListenPacket("udp", "127.0.0.1:0"))
	b := work.Must1(net.ListenPacket("udp", "127.0.0.1:0"))
	out, in := slow(), slow()
	work.Must1(a.WriteTo(out, b.LocalAddr()))
	n, _, err := b.ReadFrom(in)
	work.Must(err)
	want(in[:n], 0)
	s.report("datagrams to and from")
	a.Close()
	b.Close()
}

// gather sends several buffers, one of which is slow.
func gather(s *slowPages) {
	c, peer := rawPair("tcp")
	b := s.mapped(1, 0)
	head, tail := plain(10), plain(20)
	bufs := net.Buffers{head, b, tail}
	work.Must1(bufs.WriteTo(c))
	got := readFull(peer, 10+pageSize+20)
	want(got[10:][:pageSize], 0)
	s.report("send buffers")
	c.Close()
}
