// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build linux

package runtime_test

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	. "runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// zioFile returns f for operations in flight. It is closed at the end of the test.
func zioFile(t *testing.T, fd int) *ZioFile {
	f := NewZioFile(fd)
	if f == nil {
		t.Skipf("no operations in flight with %s", ZioBackend())
	}
	return f
}

// zioPipe returns the two ends of a pipe in blocking mode, so that an operation on
// an empty one is in flight until somebody writes.
func zioPipe(t *testing.T) (r, w int) {
	var p [2]int
	if err := syscall.Pipe2(p[:], syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(p[0]); syscall.Close(p[1]) })
	return p[0], p[1]
}

// zioAwait waits until n operations are in flight on f.
func zioAwait(t *testing.T, f *ZioFile, n int) {
	t.Helper()
	for limit := time.Now().Add(10 * time.Second); f.InFlight() != n; Gosched() {
		if time.Now().After(limit) {
			t.Fatalf("%d operations are in flight, want %d", f.InFlight(), n)
		}
	}
}

// Many goroutines read, write and sync one file, and each gets its own bytes.
func TestZioFlightFile(t *testing.T) {
	const pages, size = 256, 4096
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	f := zioFile(t, int(file.Fd()))
	var wg sync.WaitGroup
	each := func(n int, do func(i int)) {
		for i := range n {
			wg.Go(func() { do(i) })
		}
		wg.Wait()
	}
	zioDone := func(what string, got, want int, again func() (int, error)) {
		if got == ZioRedo {
			got, _ = again()
		}
		if got != want {
			t.Errorf("%s: result %d, want %d", what, got, want)
		}
	}
	each(pages, func(i int) {
		buf := make([]byte, size)
		binary.LittleEndian.PutUint64(buf, uint64(i))
		zioDone("write", f.Op(ZioOpWrite, buf, int64(i)*size), size, func() (int, error) { return file.WriteAt(buf, int64(i)*size) })
	})
	each(4, func(int) {
		zioDone("sync", f.Op(ZioOpSync, nil, 0), 0, func() (int, error) { return 0, file.Sync() })
	})
	each(64, func(int) {
		var buf [size]byte // on the stack
		for range 200 {
			i := rand.IntN(pages)
			zioDone("read", f.Op(ZioOpRead, buf[:], int64(i)*size), size, func() (int, error) { return file.ReadAt(buf[:], int64(i)*size) })
			if got := binary.LittleEndian.Uint64(buf[:]); got != uint64(i) {
				t.Errorf("page %d begins with %d", i, got)
			}
		}
	})
	zioDone("read at the end", f.Op(ZioOpRead, make([]byte, 1), pages*size), 0, func() (int, error) { return 0, nil })
	f.Unblock()
	f.Close()
}

// A disk is not left without work while goroutines that read are still to run, and yet
// reads are collected.
func TestZioFlightEarly(t *testing.T) {
	const n = 64
	defer GOMAXPROCS(GOMAXPROCS(1))
	r, _ := zioPipe(t)
	collected := false
	for range 20 {
		f := zioFile(t, r)
		var wg sync.WaitGroup
		begun := 0
		for range n {
			wg.Go(func() {
				has := f.InFlight()
				if has < begun/2 {
					t.Errorf("%d operations have begun, and the kernel has %d", begun, has)
				}
				collected = collected || has < begun
				begun++
				f.Op(ZioOpRead, make([]byte, 1), 0)
			})
		}
		zioAwait(t, f, n)
		f.Unblock()
		wg.Wait()
		f.Close()
	}
	if !collected {
		t.Error("each operation was given to the kernel alone")
	}
}

// A deadline, and Close, end an operation that the kernel has, and nothing is lost.
func TestZioFlightCancel(t *testing.T) {
	r, w := zioPipe(t)
	f := zioFile(t, r)
	buf := make([]byte, 8)
	result := make(chan int)
	read := func() { result <- f.Op(ZioOpRead, buf, 0) }

	go read()
	zioAwait(t, f, 1)
	f.SetDeadline(-1)
	if n := <-result; n != ZioTimeout {
		t.Errorf("deadline in the past: result %d, want %d", n, ZioTimeout)
	}
	if n := f.Op(ZioOpRead, buf, 0); n != ZioTimeout {
		t.Errorf("after the deadline: result %d, want %d", n, ZioTimeout)
	}
	f.SetDeadline(0)
	go read()
	zioAwait(t, f, 1)
	if _, err := syscall.Write(w, []byte("abc")); err != nil {
		t.Fatal(err)
	}
	if n := <-result; n != 3 || string(buf[:3]) != "abc" {
		t.Errorf("result %d, %q", n, buf)
	}
	go func() { f.SetDeadline(int64(20 * time.Millisecond)) }()
	go read()
	if n := <-result; n != ZioTimeout {
		t.Errorf("deadline in the future: result %d, want %d", n, ZioTimeout)
	}
	f.SetDeadline(0)
	go read()
	zioAwait(t, f, 1)
	f.Unblock()
	if n := <-result; n != ZioClosed {
		t.Errorf("close: result %d, want %d", n, ZioClosed)
	}
	f.Close()
}

// An operation in flight belongs to the thread that submitted it. If that has
// exited, the kernel may not perform it: the goroutine is told to, and not that it
// was canceled. What it was to read is still there.
func TestZioFlightThreadExits(t *testing.T) {
	defer GOMAXPROCS(GOMAXPROCS(1))
	r, w := zioPipe(t)
	f := zioFile(t, r)
	redone := 0
	for range 50 {
		buf := make([]byte, 1)
		result := make(chan int)
		go func() { result <- f.Op(ZioOpRead, buf, 0) }()
		zioAwait(t, f, 1)
		done := make(chan bool)
		go func() {
			LockOSThread()
			close(done)
		}() // the thread exits with the goroutine
		<-done
		time.Sleep(time.Millisecond)
		if _, err := syscall.Write(w, []byte("x")); err != nil {
			t.Fatal(err)
		}
		n := <-result
		if n == ZioRedo {
			redone++
			n, _ = syscall.Read(r, buf)
		}
		if n != 1 || buf[0] != 'x' {
			t.Fatalf("result %d, %q", n, buf)
		}
	}
	f.Unblock()
	f.Close()
	if redone == 0 {
		t.Error("no thread that had submitted exited")
	}
}

// Bytes come, deadlines pass and are taken back, and files are closed at any time.
// Each byte is read once or is still there, and each operation has one end.
func TestZioFlightRace(t *testing.T) {
	defer GOMAXPROCS(GOMAXPROCS(0))
	for _, procs := range []int{1, 2, 8} {
		GOMAXPROCS(procs)
		for range 3 {
			zioFlightRace(t, 200*time.Millisecond)
		}
	}
}

func zioFlightRace(t *testing.T, d time.Duration) {
	const readers = 4
	r, w := zioPipe(t)
	f := zioFile(t, r)
	var got [readers]int
	var ended atomic.Int64
	var sent atomic.Int64
	var stop atomic.Bool
	var actors, wg sync.WaitGroup
	for i := range readers {
		wg.Go(func() { got[i] = zioReadOn(t, f, &ended) })
	}
	actor := func(act func()) {
		actors.Go(func() {
			for !stop.Load() {
				act()
				if rand.IntN(3) == 0 {
					time.Sleep(time.Duration(rand.IntN(50)) * time.Microsecond)
				}
			}
		})
	}
	actor(func() {
		n, err := syscall.Write(w, make([]byte, 1+rand.IntN(4)))
		if err != nil {
			t.Error(err)
		}
		sent.Add(int64(n))
		time.Sleep(20 * time.Microsecond) // so that the pipe does not fill
	})
	actor(func() {
		f.SetDeadline(-1)
		if rand.IntN(4) == 0 {
			time.Sleep(10 * time.Microsecond)
		}
		f.SetDeadline(0)
	})
	actor(func() { f.SetDeadline(int64(rand.IntN(100_000))); Gosched(); f.SetDeadline(0) })
	time.Sleep(d)
	stop.Store(true)
	actors.Wait()
	f.SetDeadline(-1) // at the latest now one ends
	for limit := time.Now().Add(10 * time.Second); ended.Load() == 0 && time.Now().Before(limit); {
		Gosched()
	}
	f.Unblock()
	wg.Wait()
	f.Close()

	total := zioLeft(t, r)
	for i := range readers {
		total += got[i]
	}
	if int64(total) != sent.Load() {
		t.Errorf("%d bytes were sent, %d read or left", sent.Load(), total)
	}
	if ended.Load() == 0 {
		t.Error("no operation was ended by a deadline")
	}
}

// zioReadOn reads until f is closed, and returns the number of bytes. It counts the
// operations that a deadline ended.
func zioReadOn(t *testing.T, f *ZioFile, ended *atomic.Int64) (got int) {
	buf := make([]byte, 3)
	for {
		switch n := f.Op(ZioOpRead, buf, 0); {
		case n > 0:
			got += n
		case n == ZioTimeout:
			ended.Add(1)
			Gosched()
		case n == ZioClosed:
			return got
		case n == ZioRedo:
			Gosched()
		default:
			t.Errorf("result %d", n)
			return got
		}
	}
}

// zioLeft returns how many bytes are left in a pipe.
func zioLeft(t *testing.T, r int) (n int) {
	syscall.SetNonblock(r, true)
	for buf := make([]byte, 1<<16); ; {
		m, err := syscall.Read(r, buf)
		if err == syscall.EAGAIN {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		n += m
	}
}
