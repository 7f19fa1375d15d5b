// Web is the smallest net/http server.
package main

import (
	"io"
	"net"
	"net/http"

	"github.com/zio-go/zio/bench/internal/meter"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		meter.Fatal(err)
	}
	meter.Ready(l.Addr().String())
	meter.Fatal(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "Hello, World!\n")
		meter.Messages.Add(1)
	})))
}
