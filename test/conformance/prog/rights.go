//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
)

// Area rights: descriptors in messages on Unix sockets. Each ends the read that
// receives it, though more is queued behind.
func init() {
	add("rights", "queued/readmsg", func(t *T) { rightsQueued(t, true) })
	add("rights", "queued/read", func(t *T) { rightsQueued(t, false) })
	add("rights", "mixed", rightsMixed)
	add("rights", "while-waiting", rightsWaiting)
	add("rights", "seqpacket", rightsSeqpacket)
	add("rights", "use", rightsUse)
}

// sendRights sends b with n descriptors.
func sendRights(c *net.UnixConn, b []byte, n int) {
	f := must(os.Open(os.DevNull))
	defer f.Close()
	var fds []int
	for range n {
		fds = append(fds, int(f.Fd()))
	}
	m, _, err := c.WriteMsgUnix(b, syscall.UnixRights(fds...), nil)
	if err != nil || m != len(b) {
		panic(fmt.Sprint(m, err))
	}
}

// readMsg prints the result of ReadMsgUnix and closes what came with it.
func (t *T) readMsg(s *net.UnixConn, n int) {
	b, control := make([]byte, n), make([]byte, 256)
	n, cn, flags, _, err := s.ReadMsgUnix(b, control)
	t.Print("readmsg:", sum(b[:n]), countRights(control[:cn]), "descriptors, flags", flags&^syscall.MSG_CMSG_CLOEXEC, err)
}

func countRights(control []byte) int {
	count := 0
	for _, m := range must(syscall.ParseSocketControlMessage(control)) {
		for _, fd := range must(syscall.ParseUnixRights(&m)) {
			syscall.Close(fd)
			count++
		}
	}
	return count
}

// rightsQueued reads several messages, all of which are there, with buffers
// that hold them all.
func rightsQueued(t *T, msg bool) {
	c, s := t.pair("unix")
	us := s.(*net.UnixConn)
	for i := range 4 {
		sendRights(c.(*net.UnixConn), fmt.Appendf(nil, "message %d", i), i)
		c.Write([]byte(" and "))
	}
	c.Write([]byte("the end"))
	moment()
	var got int
	us.SetReadDeadline(time.Now().Add(ms(3000)))
	for got < 4*14+7 {
		if msg {
			b, control := make([]byte, 4096), make([]byte, 256)
			n, cn, _, _, err := us.ReadMsgUnix(b, control)
			t.Print(sum(b[:n]), countRights(control[:cn]), err)
			got += n
			if err != nil {
				break
			}
			continue
		}
		b := make([]byte, 4096)
		n, err := us.Read(b)
		t.Print(sum(b[:n]), err)
		got += n
		if err != nil {
			break
		}
	}
}

func rightsMixed(t *T) {
	c, s := t.pair("unix")
	uc, us := c.(*net.UnixConn), s.(*net.UnixConn)
	c.Write([]byte("plain"))
	t.read(s, 4096)
	sendRights(uc, []byte("one"), 1)
	sendRights(uc, []byte("two"), 1)
	c.Write([]byte("three"))
	moment()
	t.read(s, 4096)
	t.readMsg(us, 4096)
	t.read(s, 4096)
	// A message that is read in parts: its descriptors come with the first.
	sendRights(uc, []byte("abcdef"), 2)
	moment()
	t.readMsg(us, 3)
	t.readMsg(us, 10)
}

func rightsWaiting(t *T) {
	c, s := t.pair("unix")
	for range 3 {
		wait := t.later("read", func() (any, error) {
			b := make([]byte, 4096)
			n, err := s.Read(b)
			return string(b[:n]), err
		})
		moment()
		sendRights(c.(*net.UnixConn), []byte("first"), 1)
		wait()
		sendRights(c.(*net.UnixConn), []byte("second"), 1)
		c.Write([]byte("third"))
		moment()
		t.read(s, 4096)
		t.read(s, 4096)
	}
}

func rightsSeqpacket(t *T) {
	c, s := t.pair("unixpacket")
	sendRights(c.(*net.UnixConn), []byte("one"), 1)
	c.Write([]byte("two"))
	sendRights(c.(*net.UnixConn), []byte("three"), 3)
	moment()
	t.read(s, 4096)
	t.read(s, 2)
	t.readMsg(s.(*net.UnixConn), 4096)
}

// rightsUse passes a connection through another and uses it.
func rightsUse(t *T) {
	c, s := t.pair("unix")
	a, b := t.pair("tcp4")
	f := must(b.(*net.TCPConn).File())
	_, _, err := c.(*net.UnixConn).WriteMsgUnix([]byte("conn"), syscall.UnixRights(int(f.Fd())), nil)
	t.Must(err)
	f.Close()
	b.Close()
	buf, control := make([]byte, 10), make([]byte, 64)
	_, cn, _, _, err := s.(*net.UnixConn).ReadMsgUnix(buf, control)
	t.Must(err)
	fds := must(syscall.ParseUnixRights(&must(syscall.ParseSocketControlMessage(control[:cn]))[0]))
	f = os.NewFile(uintptr(fds[0]), "")
	conn := must(net.FileConn(f))
	f.Close()
	t.write(a, []byte("through"))
	t.read(conn, 10)
	t.write(conn, []byte("back"))
	t.read(a, 10)
	conn.Close()
	t.read(a, 10)
}
