//go:build zio && cgo && arm

// Program prog has C code in Thumb between goroutines and what they wait for: Go calls
// Thumb, which calls Go, which waits. It prints what it found and, at the end, done.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/cgo"
	"sync"
	"time"
	"zio"
)

/*
// Only this package: the go command compiles the C code of its own as ARM.
#cgo CFLAGS: -mthumb
#include "thumb.h"
*/
import "C"

func main() {
	fmt.Println("thumb", C.thumb_state())
	for _, c := range []struct {
		name string
		run  func() error
	}{
		{"rounds", rounds}, {"deep", deep}, {"canceled while it waits", canceledWaiting}, {"canceled before", canceledBefore}, {"shielded", shielded},
	} {
		if err := c.run(); err != nil {
			fmt.Printf("%s: %v\n", c.name, err)
			os.Exit(1)
		}
		fmt.Println("ok", c.name)
	}
	fmt.Println("done")
}

// connected returns the ends of a TCP connection.
func connected() (a, b net.Conn, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer ln.Close()
	if a, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		return nil, nil, err
	}
	b, err = ln.Accept()
	return a, b, err
}

// next is what the far end makes of a value.
func next(round int32, v int64) int64 { return v*6364136223846793005 + int64(round) }

// echo answers each message until its connection ends.
func echo(c net.Conn) {
	defer c.Close()
	var m [12]byte
	for {
		if _, err := io.ReadFull(c, m[:]); err != nil {
			return
		}
		round, v := int32(binary.BigEndian.Uint32(m[:])), int64(binary.BigEndian.Uint64(m[4:]))
		if round%5 == 0 {
			time.Sleep(time.Millisecond) // so that the other end does wait
		}
		binary.BigEndian.PutUint64(m[4:], uint64(next(round, v)))
		if _, err := c.Write(m[:]); err != nil {
			return
		}
	}
}

// rounds has goroutines whose Thumb code gets each value from the far end of a
// connection, and compares with what Go computes.
func rounds() error {
	const goroutines, n, scale = 20, 40, 1.0 / (1 << 40)
	errs := make([]error, goroutines)
	var wg sync.WaitGroup
	for i := range goroutines {
		wg.Go(func() {
			near, far, err := connected()
			if err != nil {
				errs[i] = err
				return
			}
			defer near.Close()
			go echo(far)
			h := cgo.NewHandle(near)
			defer h.Delete()
			got := int64(C.thumb_rounds(C.uintptr_t(h), n, C.int64_t(i), scale))
			want, sum := int64(i), 0.0
			for r := range int32(n) {
				want = next(r, want)
				sum += float64(want) * scale
			}
			if want ^= int64(sum); got != want {
				errs[i] = fmt.Errorf("goroutine %d: %x instead of %x", i, got, want)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

//export goRound
func goRound(h C.uintptr_t, round C.int32_t, value C.int64_t, sum C.double) C.int64_t {
	c := cgo.Handle(h).Value().(net.Conn)
	var m [12]byte
	binary.BigEndian.PutUint32(m[:], uint32(round))
	binary.BigEndian.PutUint64(m[4:], uint64(value))
	if _, err := c.Write(m[:]); err != nil {
		panic(err)
	}
	if _, err := io.ReadFull(c, m[:]); err != nil {
		panic(err)
	}
	if round%8 == 0 {
		runtime.GC() // the stack below has frames of C
	}
	return C.int64_t(binary.BigEndian.Uint64(m[4:]))
}

// deep goes to and fro between Go and Thumb before it waits.
func deep() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	time.AfterFunc(20*time.Millisecond, func() { w.Close() })
	h := cgo.NewHandle(r)
	defer h.Delete()
	const depth = 12
	if n := C.thumb_deep(C.uintptr_t(h), depth); n != depth*(depth+1)/2 {
		return fmt.Errorf("the sum is %d", n)
	}
	return nil
}

//export goDeep
func goDeep(h C.uintptr_t, depth C.int32_t) C.int32_t {
	if depth > 0 {
		return C.thumb_deep(h, depth-1)
	}
	n, err := cgo.Handle(h).Value().(*os.File).Read(make([]byte, 1))
	if n != 0 || err != io.EOF {
		return -1
	}
	return 0
}

// A wait is what goWait does, and what became of it.
type wait struct {
	c   net.Conn
	err error
}

//export goWait
func goWait(h C.uintptr_t) C.int32_t {
	w := cgo.Handle(h).Value().(*wait)
	_, w.err = w.c.Read(make([]byte, 1))
	var canceled *zio.CanceledError
	switch {
	case w.err == nil:
		return 1
	case errors.As(w.err, &canceled):
		return 2
	}
	return 3
}

// throughThumb reads a byte of c below Thumb.
func throughThumb(c net.Conn) (C.int32_t, error) {
	w := &wait{c: c}
	h := cgo.NewHandle(w)
	defer h.Delete()
	n := C.thumb_wait(C.uintptr_t(h), 1000)
	return n, w.err
}

const (
	readOne  = 1001
	canceled = 1002
)

// canceledWaiting cancels the scope of a goroutine that waits below Thumb: the wait
// ends with the error, and the frames of C return as they should.
func canceledWaiting() error {
	near, far, err := connected()
	if err != nil {
		return err
	}
	defer near.Close()
	defer far.Close()
	for range 20 {
		err := zio.Timeout(10*time.Millisecond, func() error {
			n, err := throughThumb(near)
			if n != canceled {
				return fmt.Errorf("%d, %w", n, err)
			}
			return err
		})
		var c *zio.CanceledError
		if !errors.As(err, &c) {
			return fmt.Errorf("not canceled: %v", err)
		}
	}
	// Nothing was lost, and the next scope is not canceled.
	if _, err := far.Write([]byte{7}); err != nil {
		return err
	}
	return zio.Timeout(10*time.Second, func() error {
		n, err := throughThumb(near)
		if n != readOne {
			return fmt.Errorf("%d, %v", n, err)
		}
		return nil
	})
}

// canceledBefore reads in a scope that is canceled already, where data is waiting.
func canceledBefore() error {
	near, far, err := connected()
	if err != nil {
		return err
	}
	defer near.Close()
	defer far.Close()
	if _, err := far.Write([]byte{7}); err != nil {
		return err
	}
	cause := errors.New("the cause")
	err = zio.Scope(func(t zio.Token) error {
		t.Cancel(cause)
		n, err := throughThumb(near)
		if n != canceled || !errors.Is(err, cause) {
			return fmt.Errorf("%d, %v", n, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if n, err := throughThumb(near); n != readOne {
		return fmt.Errorf("afterwards: %d, %v", n, err)
	}
	return nil
}

// shielded waits below Thumb in a shield of a canceled scope.
func shielded() error {
	near, far, err := connected()
	if err != nil {
		return err
	}
	defer near.Close()
	time.AfterFunc(20*time.Millisecond, func() { far.Write([]byte{7}); far.Close() })
	return zio.Scope(func(t zio.Token) error {
		t.Cancel(errors.New("the cause"))
		return zio.Shield(func() error {
			n, err := throughThumb(near)
			if n != readOne {
				return fmt.Errorf("%d, %v", n, err)
			}
			return nil
		})
	})
}
