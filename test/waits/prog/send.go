//go:build linux

package main

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

func init() {
	programs["send"] = send
	programs["slow-send"] = slowSend
	programs["slow-send-queue"] = slowSendQueue
}

// connected returns two ends of a TCP connection.
func connected() (client, server *net.TCPConn) {
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close()
	client = must(net.Dial("tcp", l.Addr().String())).(*net.TCPConn)
	return client, must(l.Accept()).(*net.TCPConn)
}

// send has 200 goroutines send a file (sendfile) to peers that do not read for a while, and
// as many receive into files (splice) what does not come for a while, and counts threads.
func send(args []string) {
	const n, size = 200, 8 << 20 // more than two sockets hold
	f, remove := tempFile(size)
	defer remove()
	var wg sync.WaitGroup
	var peers, sources []*net.TCPConn
	for i := range n {
		out, peer := connected()
		peers = append(peers, peer)
		wg.Go(func() {
			defer out.Close()
			f := must(os.Open(f.Name()))
			defer f.Close()
			if k, err := io.Copy(out, f); k != size || err != nil {
				bad("sent", k, err)
			}
		})
		source, in := connected()
		sources = append(sources, source)
		wg.Go(func() {
			defer in.Close()
			f := must(os.Create(filepath.Join(filepath.Dir(f.Name()), strconv.Itoa(i))))
			defer f.Close()
			if k, err := io.Copy(f, in); k != 3 || err != nil {
				bad("received", k, err)
			}
		})
	}
	time.Sleep(200 * time.Millisecond)
	if !settle(func() bool { return metric("threads:threads") == 0 && metric("queued:ops") == 0 }) {
		bad(metric("threads:threads"), "places are taken while all wait for sockets")
	}
	if k := threads(); k > most {
		bad(k, "threads for", n, "goroutines that wait for sockets")
	}
	for i := range n {
		must(sources[i].Write([]byte("abc")))
		sources[i].Close()
		wg.Go(func() {
			defer peers[i].Close()
			if k, err := io.Copy(io.Discard, peers[i]); k != size || err != nil {
				bad("a peer got", k, err)
			}
		})
	}
	wg.Wait()
}

// slowSend has 200 goroutines send files of dir, which are slow, and counts threads.
func slowSend(args []string) {
	const n, size = 200, 64 << 10
	dir := args[0]
	var wg sync.WaitGroup
	for i := range n {
		out, peer := connected()
		f := must(os.Open(filepath.Join(dir, strconv.Itoa(i%80))))
		must(f.Seek(int64(i/80)*4*size, io.SeekStart))
		wg.Go(func() {
			defer out.Close()
			defer f.Close()
			if k, err := io.Copy(out, io.LimitReader(f, size)); k != size || err != nil {
				bad("sent", k, err)
			}
		})
		wg.Go(func() {
			defer peer.Close()
			if k, err := io.Copy(io.Discard, peer); k != size || err != nil {
				bad("a peer got", k, err)
			}
		})
	}
	waitSlow(&wg, n, "slow files that are sent")
}

// slowSendQueue ends what is to be sent and waits for a place. Reads of the files in dir
// end when stop there is removed.
func slowSendQueue(args []string) {
	dir, stop := args[0], args[1]
	var wg sync.WaitGroup
	read := func(i int) {
		f := must(os.Open(filepath.Join(dir, strconv.Itoa(i))))
		wg.Go(func() {
			defer f.Close()
			f.Read(make([]byte, 8))
		})
	}
	for i := range 20 {
		read(i)
	}
	time.Sleep(50 * time.Millisecond)
	for what, c := range map[string]struct {
		end  func(c *net.TCPConn) error
		want error
	}{
		"deadline": {func(c *net.TCPConn) error { return c.SetWriteDeadline(time.Now().Add(10 * time.Millisecond)) }, os.ErrDeadlineExceeded},
		"close":    {(*net.TCPConn).Close, net.ErrClosed},
	} {
		out, peer := connected()
		f := must(os.Open(filepath.Join(dir, "70")))
		before := metric("queued:ops")
		result := make(chan error, 1)
		go func() { _, err := io.Copy(out, f); result <- err }()
		if !settle(func() bool { return metric("queued:ops") > before }) {
			bad(what, "sendfile does not wait for a place")
		}
		read(30) // who came last gets the next place
		if err := c.end(out); err != nil {
			bad(what, err)
		}
		if err := <-result; !errors.Is(err, c.want) {
			bad(what, "ends sendfile with", err)
		}
		out.Close()
		peer.Close()
		f.Close()
	}
	if err := os.Remove(stop); err != nil {
		bad(err)
	}
	wg.Wait()
}
