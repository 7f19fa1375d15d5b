// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build linux

package runtime_test

import (
	. "runtime"
	"syscall"
	"testing"
)

// zioPair returns a batch and socks that receive from one end of a stream, whose
// other end holds a byte for each.
func zioPair(t *testing.T, n int) (*ZioBatch, []*ZioSock, []byte) {
	b := NewZioBatch()
	if b == nil {
		t.Skip("no io_uring here")
	}
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fds[0]); syscall.Close(fds[1]) })
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i)
	}
	if _, err := syscall.Write(fds[1], data); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, n)
	var socks []*ZioSock
	for i := range n {
		s := NewZioSock(fds[0])
		t.Cleanup(s.Free)
		s.Begin(ZioRecv)
		s.Publish(ZioQueued)
		b.Add(s, buf[i:i+1])
		socks = append(socks, s)
	}
	return b, socks, buf
}

// A full batch is performed in order, and each operation gets its own result.
func TestZioBatchFull(t *testing.T) {
	b, socks, buf := zioPair(t, ZioBatchSize)
	defer b.Free()
	if n := b.Perform(); n != len(socks) {
		t.Fatalf("%d goroutines resumed, want %d", n, len(socks))
	}
	for i, s := range socks {
		if r := s.Result(); r != 1 {
			t.Fatalf("operation %d: result %d, want 1", i, r)
		}
		if buf[i] != byte(i) {
			t.Fatalf("operation %d received %d", i, buf[i])
		}
		s.End()
	}
	if b.Len() != 0 {
		t.Errorf("%d operations are left", b.Len())
	}
	// Now there is nothing to receive.
	for i, s := range socks {
		s.Begin(ZioRecv)
		s.Publish(ZioQueued)
		b.Add(s, buf[i:i+1])
	}
	b.Perform()
	for i, s := range socks {
		if r := s.End(); r != ZioAgain {
			t.Fatalf("operation %d: result %d, want %d", i, r, ZioAgain)
		}
	}
}

// Operations that the kernel refuses are taken back, without effect, and the ring
// is given up after a while.
func TestZioBatchTakenBack(t *testing.T) {
	b, socks, _ := zioPair(t, 8)
	b.Break() // and do not free it
	for round := range 2 * ZioMaxFails {
		if n := b.Perform(); n != len(socks) {
			t.Fatalf("%d goroutines resumed, want %d", n, len(socks))
		}
		for _, s := range socks {
			if r := s.End(); r != ZioRedo {
				t.Fatalf("result %d, want %d", r, ZioRedo)
			}
			s.Begin(ZioRecv)
			s.Publish(ZioQueued)
			b.Add(s, make([]byte, 1))
		}
		if want := min(round+1, ZioMaxFails); b.Fails() != want {
			t.Fatalf("%d refused batches are counted, want %d", b.Fails(), want)
		}
	}
	b.Perform()
	for _, s := range socks {
		s.End()
	}
}
