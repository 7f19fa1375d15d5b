//go:build linux

// Files: reads and writes at an offset, in the page cache, from the disk and past
// it, with buffers on stacks that move, under deadlines, and while the file is
// closed under them. Each block says whose it is, so a read that returns has the
// right bytes, and one that does not says why.
package main

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/zio-go/zio/internal/disk"
	"github.com/zio-go/zio/test/internal/work"
)

func init() {
	programs["files"] = files
}

const (
	fileBlock  = disk.Page
	fileBlocks = 1024
)

func files(w *work.W) {
	dir := work.Must1(os.MkdirTemp("/var/tmp", "stress"))
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "f")
	buf := make([]byte, fileBlock)
	f := work.Must1(os.Create(name))
	for i := range fileBlocks {
		binary.LittleEndian.PutUint64(buf, uint64(i))
		work.Must1(f.Write(buf))
	}
	work.Must(f.Sync())

	w.Go(24, func(k int) { fileReads(w, f, w.Seed+uint64(k)) })
	if direct, err := os.OpenFile(name, os.O_RDWR|syscall.O_DIRECT, 0); err == nil {
		w.Go(24, func(k int) { fileDirect(w, direct, w.Seed+uint64(100+k)) })
	}
	timed := work.Must1(os.OpenFile(name, os.O_RDWR, 0))
	w.Go(8, func(k int) { fileTimed(w, timed, w.Seed+uint64(200+k)) })
	w.Go(1, func(int) { fileDeadlines(w, timed) })
	w.Go(4, func(k int) { fileCloses(w, name, w.Seed+uint64(300+k)) })
	w.Go(1, func(int) {
		for w.Running() {
			disk.Forget(f)
			time.Sleep(time.Millisecond)
		}
	})
	w.Wait() // before the file is removed
}

// fileCheck fails unless b is block i.
func fileCheck(b []byte, i int) {
	if got := binary.LittleEndian.Uint64(b); got != uint64(i) {
		work.Failf("block %d says that it is %d", i, got)
	}
}

// fileReads reads into buffers on a stack that is deeper each time.
func fileReads(w *work.W, f *os.File, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 5))
	for n := 0; w.Running(); n++ {
		fileDeep(f, rnd.IntN(fileBlocks), n%30)
		w.Add(fileBlock)
	}
}

func fileDeep(f *os.File, i, deep int) {
	var b [fileBlock]byte
	if deep > 0 {
		fileDeep(f, i, deep-1)
		return
	}
	n, err := f.ReadAt(b[:], int64(i)*fileBlock)
	if n != fileBlock || err != nil {
		work.Failf("read %d, %v", n, err)
	}
	fileCheck(b[:], i)
}

// fileDirect reads blocks, and writes them as they are.
func fileDirect(w *work.W, f *os.File, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 6))
	b := disk.Aligned(fileBlock)
	for w.Running() {
		i := rnd.IntN(fileBlocks)
		n, err := f.ReadAt(b, int64(i)*fileBlock)
		if n != fileBlock || err != nil {
			work.Failf("read %d, %v", n, err)
		}
		fileCheck(b, i)
		if rnd.IntN(8) == 0 {
			n, err = f.WriteAt(b, int64(i)*fileBlock)
			if n != fileBlock || err != nil {
				work.Failf("write %d, %v", n, err)
			}
		}
		w.Add(fileBlock)
	}
}

// fileTimed reads and syncs a file whose deadline somebody else moves about.
func fileTimed(w *work.W, f *os.File, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 7))
	b := make([]byte, fileBlock)
	for w.Running() {
		i := rnd.IntN(fileBlocks)
		switch n, err := f.ReadAt(b, int64(i)*fileBlock); {
		case errors.Is(err, os.ErrDeadlineExceeded) && n == 0:
			time.Sleep(10 * time.Microsecond)
		case n != fileBlock || err != nil:
			work.Failf("read %d, %v", n, err)
		default:
			fileCheck(b, i)
			w.Add(fileBlock)
		}
		if rnd.IntN(50) == 0 {
			if err := f.Sync(); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				work.Must(err)
			}
		}
	}
}

func fileDeadlines(w *work.W, f *os.File) {
	for k := 0; w.Running(); k++ {
		err := f.SetDeadline(time.Now().Add(time.Duration(k%200) * time.Microsecond))
		if errors.Is(err, os.ErrNoDeadline) {
			return // zio=off
		}
		work.Must(err)
		time.Sleep(50 * time.Microsecond)
		if k%3 == 0 {
			work.Must(f.SetDeadline(time.Time{}))
		}
	}
	if err := f.SetDeadline(time.Time{}); err != nil && !errors.Is(err, os.ErrNoDeadline) {
		work.Must(err)
	}
}

// fileCloses closes files that are being read.
func fileCloses(w *work.W, name string, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 8))
	for w.Running() {
		f := work.Must1(os.Open(name))
		done := make(chan bool)
		for range 4 {
			go func(i int) {
				b := make([]byte, fileBlock)
				for {
					n, err := f.ReadAt(b, int64(i)*fileBlock)
					if errors.Is(err, os.ErrClosed) && n == 0 {
						done <- true
						return
					}
					if n != fileBlock || err != nil {
						work.Failf("read %d, %v", n, err)
					}
					fileCheck(b, i)
					i = (i + 1) % fileBlocks
				}
			}(rnd.IntN(fileBlocks))
		}
		time.Sleep(time.Duration(rnd.IntN(500)) * time.Microsecond)
		work.Must(f.Close())
		for range 4 {
			<-done
		}
		w.Add(1)
	}
}
