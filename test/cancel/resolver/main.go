//go:build zio && linux

// Command resolver looks names up in C code that never answers, in a scope, and prints
// how long that took.
package main

/*
#include <netdb.h>
#include <unistd.h>

// Of two functions of one name the program's own comes before that of a shared library.
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res) {
	for (;;) pause(); // a signal ends one
}

int getnameinfo(const struct sockaddr *addr, socklen_t len, char *host, socklen_t hostlen, char *serv, socklen_t servlen, int flags) {
	for (;;) pause(); // a signal ends one
}
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
	"zio"
)

func main() {
	ctx := context.Background()
	r := net.DefaultResolver
	for name, lookup := range map[string]func() error{
		"LookupHost":   func() error { _, err := r.LookupHost(ctx, "name.example"); return err },
		"LookupIPAddr": func() error { _, err := r.LookupIPAddr(ctx, "name.example"); return err },
		"LookupAddr":   func() error { _, err := r.LookupAddr(ctx, "192.0.2.1"); return err },
		"Dial":         func() error { _, err := net.Dial("tcp", "name.example:80"); return err },
	} {
		const d = 50 * time.Millisecond
		best := time.Hour
		for range 3 {
			start := time.Now()
			err := zio.Timeout(d, lookup)
			best = min(best, time.Since(start)-d)
			var canceled *zio.CanceledError
			if !errors.As(err, &canceled) || !errors.Is(err, context.DeadlineExceeded) {
				fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
				os.Exit(1)
			}
		}
		if best > 20*time.Millisecond {
			fmt.Fprintf(os.Stderr, "%s: ended %v late\n", name, best)
			os.Exit(1)
		}
		fmt.Printf("%s ended %v late\n", name, best)
	}
	fmt.Println("done")
}
