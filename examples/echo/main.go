// Echo is an ordinary echo server and its clients in one process. It knows
// nothing of zio: what it prints at the end comes from runtime/metrics, and a
// program built with stock Go says that the metrics are not there.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

func main() {
	clients := flag.Int("c", 200, "`number` of clients")
	rounds := flag.Int("n", 500, "messages of each client")
	flag.Parse()
	if err := run(*clients, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}

func run(clients, rounds int) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go serve(ln)

	start := time.Now()
	var wg sync.WaitGroup
	errs := make(chan error, clients)
	for i := range clients {
		wg.Go(func() {
			if err := talk(ln.Addr().String(), i, rounds); err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	ln.Close()
	select {
	case err := <-errs:
		return err
	default:
	}
	fmt.Printf("%d clients, %d messages echoed in %v\n", clients, clients*rounds, time.Since(start).Round(time.Millisecond))
	report(os.Stdout)
	return nil
}

// serve echoes what every client sends, a goroutine for each.
func serve(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			io.Copy(struct{ io.Writer }{c}, c) // hides ReadFrom, so that bytes pass through the program
		}()
	}
}

// talk sends messages to the server, one after the other, and checks what
// comes back.
func talk(addr string, id, rounds int) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	got := make([]byte, 64)
	for i := range rounds {
		msg := fmt.Appendf(nil, "%-63s\n", fmt.Sprintf("client %d message %d", id, i))
		if _, err := c.Write(msg); err != nil {
			return err
		}
		if _, err := io.ReadFull(c, got); err != nil {
			return err
		}
		if !bytes.Equal(got, msg) {
			return fmt.Errorf("client %d sent %q and got %q", id, msg, got)
		}
	}
	return nil
}
