// Echo is the server that most Go programmers would write: a goroutine per
// connection, a loop of Read and Write. With -spin it also computes on every
// processor, which is what shows how long a completed read waits for one; with -sync
// it writes and syncs large files.
package main

import (
	"flag"
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/zio-go/zio/bench/internal/meter"
)

func main() {
	size := flag.Int("buf", 4096, "bytes of the read buffer")
	msg := flag.Int("msg", 64, "bytes of a message, for the count")
	once := flag.Bool("once", false, "close after the first reply")
	spin := flag.String("spin", "", "hog: GOMAXPROCS goroutines that never yield; yield: they yield every 10 us")
	files := flag.Int("sync", 0, "how many goroutines write and sync large files meanwhile")
	flag.Parse()

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		meter.Fatal(err)
	}
	start := time.Now()
	if *files > 0 {
		if err := syncFiles(*files); err != nil {
			meter.Fatal(err)
		}
	}
	meter.Ready(l.Addr().String(), func() {
		if *files > 0 {
			meter.Set("synced_mb", float64(synced.Load()))
		}
		if *spin != "" {
			full := float64(time.Since(start)/slice) * float64(runtime.GOMAXPROCS(0))
			meter.Set("work_share", float64(spins.Load())/full)
		}
	})
	if *spin != "" {
		for range runtime.GOMAXPROCS(0) {
			go work(*spin == "yield")
		}
	}
	for {
		c, err := l.Accept()
		if err != nil {
			meter.Fatal(err)
		}
		go serve(c, *size, int64(*msg), *once)
	}
}

func serve(c net.Conn, size int, msg int64, once bool) {
	defer c.Close()
	buf := make([]byte, size)
	var total int64
	for {
		n, err := c.Read(buf)
		if n > 0 {
			if _, err := c.Write(buf[:n]); err != nil {
				break
			}
			total += int64(n)
		}
		if err != nil || once {
			break
		}
	}
	meter.Messages.Add(total / msg)
}

// slice is what a computing goroutine does in one go.
const slice = 10 * time.Microsecond

// spins counts slices, so that a scheduler that starves the computing
// goroutines for the sake of latency cannot look good.
var spins atomic.Int64

func work(yield bool) {
	for {
		for t := time.Now(); time.Since(t) < slice; {
		}
		spins.Add(1)
		if yield {
			runtime.Gosched()
		}
	}
}

// synced counts MiB that are on the disk.
var synced atomic.Int64

// syncFiles starts goroutines that write a file each, 4 MiB again and again, and sync
// it. The files have no names.
func syncFiles(n int) error {
	for range n {
		// /tmp may be memory, /var/tmp is on a disk.
		f, err := os.CreateTemp("/var/tmp", "zio-bench-")
		if err != nil {
			return err
		}
		if err := os.Remove(f.Name()); err != nil {
			return err
		}
		go func() {
			for buf := make([]byte, 4<<20); ; synced.Add(int64(len(buf) >> 20)) {
				if _, err := f.WriteAt(buf, 0); err != nil {
					meter.Fatal(err)
				}
				if err := f.Sync(); err != nil {
					meter.Fatal(err)
				}
			}
		}()
	}
	return nil
}
