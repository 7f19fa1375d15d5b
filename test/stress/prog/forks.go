//go:build linux

// Fork and exec under load: programs are started all the time, with pipes to
// and from them, while other goroutines do I/O. Rings and descriptors must not
// get into the children, and the parent's I/O must go on.
package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["forks"] = forks
}

func forks(w *work.W) {
	if _, err := exec.LookPath("cat"); err != nil {
		work.Failf("%v", err)
	}
	w.Go(3, func(i int) {
		rnd := rand.New(rand.NewPCG(w.Seed, uint64(i)))
		for w.Running() {
			seed := rnd.Uint64()
			b := make([]byte, rnd.IntN(200<<10))
			stream.Fill(b, seed, 0)
			cmd := exec.Command("cat")
			cmd.Stdin = bytes.NewReader(b)
			var out bytes.Buffer
			cmd.Stdout = &out
			cmd.Stderr = os.Stderr
			work.Must(cmd.Run())
			if out.Len() != len(b) {
				work.Failf("cat: %d bytes in, %d out", len(b), out.Len())
			}
			work.Must(stream.Check(out.Bytes(), seed, 0))
			w.Add(len(b))
		}
	})
	w.Go(1, func(int) {
		for w.Running() {
			// What a child has open, but for its own directory.
			out := work.Must1(exec.Command("ls", "-l", "/proc/self/fd").Output())
			for _, bad := range []string{"io_uring", "eventpoll", "eventfd", "socket:"} {
				if strings.Contains(string(out), bad) {
					work.Failf("a child inherited %s:\n%s", bad, out)
				}
			}
			w.Add(0)
		}
	})
	echo(w, "tcp", 100, 2)
}
