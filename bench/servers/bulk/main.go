// Bulk moves many bytes per request. A client sends a count of 8 bytes, big
// endian; then that many bytes go to it, from memory or from a file, or come
// from it and are acknowledged with the count.
package main

import (
	"encoding/binary"
	"errors"
	"flag"
	"io"
	"net"
	"os"

	"github.com/zio-go/zio/bench/internal/meter"
)

const (
	chunk    = 64 << 10
	fileSize = 64 << 20
)

func main() {
	what := flag.String("do", "send", "send, recv or sendfile")
	flag.Parse()
	path := ""
	if *what == "sendfile" {
		var err error
		if path, err = makeFile(); err != nil {
			meter.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		meter.Fatal(err)
	}
	meter.Ready(l.Addr().String(), func() {
		if path != "" {
			os.Remove(path)
		}
	})
	for {
		c, err := l.Accept()
		if err != nil {
			meter.Fatal(err)
		}
		go serve(c, *what, path)
	}
}

func serve(c net.Conn, what, path string) {
	defer c.Close()
	for {
		var head [8]byte
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return
		}
		n := int64(binary.BigEndian.Uint64(head[:]))
		var err error
		switch what {
		case "send":
			err = send(c, n)
		case "recv":
			if err = recv(c, n); err == nil {
				_, err = c.Write(head[:])
			}
		case "sendfile":
			err = sendfile(c, path, n)
		default:
			err = errors.New("no such thing: " + what)
		}
		if err != nil {
			meter.Fatal(err)
		}
		meter.Messages.Add(1)
	}
}

func send(c net.Conn, n int64) error {
	buf := make([]byte, chunk)
	for n > 0 {
		k, err := c.Write(buf[:min(n, chunk)])
		if n -= int64(k); err != nil {
			return err
		}
	}
	return nil
}

func recv(c net.Conn, n int64) error {
	buf := make([]byte, chunk)
	for n > 0 {
		k, err := c.Read(buf[:min(n, chunk)])
		if n -= int64(k); err != nil {
			return err
		}
	}
	return nil
}

func sendfile(c net.Conn, path string, n int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for n > 0 {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		k, err := io.CopyN(c, f, min(n, fileSize))
		if n -= k; err != nil {
			return err
		}
	}
	return nil
}

func makeFile() (string, error) {
	f, err := os.CreateTemp("", "zio-bench-sendfile-")
	if err != nil {
		return "", err
	}
	defer f.Close()
	buf := make([]byte, 1<<20)
	for range fileSize / len(buf) {
		if _, err := f.Write(buf); err != nil {
			return "", err
		}
	}
	return f.Name(), nil
}
