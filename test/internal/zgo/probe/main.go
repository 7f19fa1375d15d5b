// Probe opens a socket and prints the backend in use, "stock" if the program
// was built with an unpatched toolchain.
package main

import (
	"fmt"
	"net"
	"os"

	"github.com/zio-go/zio/test/internal/work"
)

func main() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ln.Close()
	fmt.Println(work.Backend())
}
