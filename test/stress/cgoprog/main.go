//go:build linux && cgo

// Cgoprog echoes over connections whose ends call C between the operations:
// short calls, calls that block a thread for a while, and calls that come back
// into Go and do the I/O from there, on a thread that C has got.
package main

/*
#include <unistd.h>

static unsigned short_call(unsigned x) { return x * 2654435761u; }
static void long_call(unsigned us) { usleep(us); }

int goEcho(int);
static int call_back(int i) { return goEcho(i); }
*/
import "C"

import (
	"io"
	"math/rand/v2"
	"net"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

const conns = 60

var servers [conns]net.Conn

func main() {
	work.Main(map[string]func(*work.W){"cgo": run})
}

func run(w *work.W) {
	ln := work.Must1(net.Listen("tcp", "127.0.0.1:0"))
	for i := range conns {
		c := work.Must1(net.Dial("tcp", ln.Addr().String()))
		servers[i] = work.Must1(ln.Accept())
		w.Go(1, func(int) { serve(i) })
		w.Go(1, func(int) { client(w, c, w.Seed+uint64(i)) })
	}
	ln.Close()
}

// goEcho reads once from connection i and sends back what it got. It returns
// 0 at the end of the stream.
//
//export goEcho
func goEcho(i C.int) C.int {
	var buf [512]byte
	n, err := servers[i].Read(buf[:])
	if err == io.EOF {
		return 0
	}
	work.Must(err)
	work.Must1(servers[i].Write(buf[:n]))
	return 1
}

func serve(i int) {
	defer servers[i].Close()
	if i%2 == 0 {
		for C.call_back(C.int(i)) != 0 {
		}
		return
	}
	for goEcho(C.int(i)) != 0 {
		C.short_call(C.unsigned(i))
	}
}

func client(w *work.W, c net.Conn, seed uint64) {
	defer c.Close()
	rnd := rand.New(rand.NewPCG(seed, 1))
	out, in := stream.Cursor{Seed: seed}, stream.Cursor{Seed: seed}
	buf := make([]byte, 400)
	for w.Running() {
		b := buf[:1+rnd.IntN(len(buf))]
		out.Next(b)
		work.Must1(c.Write(b))
		if rnd.IntN(10) == 0 {
			C.long_call(C.unsigned(rnd.IntN(300)))
		}
		work.Must1(io.ReadFull(c, b))
		work.Must(in.Expect(b))
		w.Add(len(b))
	}
}
