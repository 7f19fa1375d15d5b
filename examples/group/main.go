//go:build zio

// Command group is an echo server, a download, a query of a database and a child process in
// one group: when one fails, the others end, in code that takes no context. It needs ziobuild:
//
//	go run ./cmd/ziobuild run ./examples/group
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"time"
	"zio"
)

var errInterrupted = errors.New("interrupted")

func main() {
	err := zio.Run(nil, func(g *zio.Group) error {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer ln.Close()
		fmt.Println("echo server on", ln.Addr())

		interrupt := make(chan os.Signal, 1)
		signal.Notify(interrupt, os.Interrupt)
		g.Background(func() error {
			select {
			case <-interrupt:
				return errInterrupted
			case <-zio.Done():
				return zio.Check()
			}
		})
		db, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer db.Close()
		g.Background(func() error { return serveDatabase(g, db) })

		task(g, "download", func() error { return download("http://" + ln.Addr().String()) })
		task(g, "query", func() error { return query(db.Addr().String()) })
		task(g, "child", func() error { return exec.Command("sleep", "1000").Run() })
		return serve(g, ln)
	}, zio.Name("group"), zio.Limit(1000))
	fmt.Println("ended:", err)
}

// task starts fn in g, and says how it ended.
func task(g *zio.Group, name string, fn func() error) {
	g.Go(func() error {
		err := fn()
		fmt.Printf("%s: %v\n", name, err)
		return err
	})
}

// serve is the body of the group: Accept fails when the group is canceled.
func serve(g *zio.Group, ln net.Listener) error {
	for {
		c, err := ln.Accept()
		if err != nil {
			return err
		}
		started := g.Go(func() error {
			defer c.Close()
			// A client that is silent for long is no failure of the server.
			_, err := zio.MoveOn(10*time.Minute, func() error {
				_, err := io.Copy(c, c)
				return err
			})
			return err
		})
		if !started {
			c.Close() // the next Accept says why
		}
	}
}

// download asks the echo server, which does not speak HTTP: the task that fails.
func download(url string) error {
	time.Sleep(100 * time.Millisecond)
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
