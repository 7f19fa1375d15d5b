//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// tty reads standard input, a terminal, first with a deadline and then without.
func tty(args []string) {
	before := threads()
	if err := os.Stdin.SetReadDeadline(time.Now().Add(150 * time.Millisecond)); err != nil {
		bad("SetReadDeadline:", err)
	}
	fmt.Println("asked")
	b := make([]byte, 100)
	n, err := os.Stdin.Read(b)
	if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		bad("read:", n, err)
	}
	if k := threads(); k > before+3 {
		bad(k, "threads, before", before)
	}
	fmt.Println("timed out")
	os.Stdin.SetReadDeadline(time.Time{})
	n, err = os.Stdin.Read(b)
	fmt.Printf("read %q %v\n", b[:n], err)
	n, err = os.Stdin.Read(b)
	fmt.Printf("read %q %v\n", b[:n], err)
}
