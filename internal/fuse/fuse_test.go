//go:build linux

package fuse

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// mount mounts fs, or skips the test where that is not possible.
func mount(t *testing.T, fs FS) string {
	dir := t.TempDir()
	s, err := Mount(dir, fs)
	if err != nil {
		t.Skip("no FUSE here: ", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestReadWrite(t *testing.T) {
	var mu sync.Mutex
	data := make([]byte, 1<<20)
	synced := 0
	dir := mount(t, FS{
		Files: 3,
		Size:  int64(len(data)),
		Read: func(file int, b []byte, off int64) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			if off >= int64(len(data)) {
				return 0, nil
			}
			return copy(b, data[off:]), nil
		},
		Write: func(file int, b []byte, off int64) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return copy(data[off:], b), nil
		},
		Sync: func(file int) error { synced++; return nil },
	})
	f, err := os.OpenFile(filepath.Join(dir, "2"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := bytes.Repeat([]byte("0123456789"), 50_000)
	if n, err := f.WriteAt(want, 100); n != len(want) || err != nil {
		t.Fatalf("wrote %d, %v", n, err)
	}
	if err := f.Sync(); err != nil || synced != 1 {
		t.Errorf("sync: %v, and %d came", err, synced)
	}
	got := make([]byte, len(want))
	if n, err := f.ReadAt(got, 100); n != len(got) || err != nil || !bytes.Equal(got, want) {
		t.Errorf("read %d, %v, the same: %v", n, err, bytes.Equal(got, want))
	}
	if _, err := os.Open(filepath.Join(dir, "3")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestErrors(t *testing.T) {
	dir := mount(t, FS{
		Files: 2,
		Size:  100,
		Open: func(file int) error {
			if file == 0 {
				return syscall.EACCES
			}
			return nil
		},
		Read: func(file int, b []byte, off int64) (int, error) { return 0, errors.New("no such sector") },
	})
	if _, err := os.Open(filepath.Join(dir, "0")); !errors.Is(err, syscall.EACCES) {
		t.Errorf("open: %v", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "1"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Read(make([]byte, 10)); !errors.Is(err, syscall.EIO) {
		t.Errorf("read: %v", err)
	}
	if _, err := f.Write(make([]byte, 10)); !errors.Is(err, syscall.EROFS) {
		t.Errorf("write: %v", err)
	}
}

// Who waits for an answer gets an error when the server goes away.
func TestCloseEndsReads(t *testing.T) {
	dir := t.TempDir()
	started, stop := make(chan bool), make(chan bool)
	s, err := Mount(dir, FS{Files: 1, Size: 100, Read: func(int, []byte, int64) (int, error) {
		started <- true
		<-stop
		return 0, nil
	}})
	if err != nil {
		t.Skip("no FUSE here: ", err)
	}
	f, err := os.Open(filepath.Join(dir, "0"))
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() { _, err := f.Read(make([]byte, 10)); failed <- err }()
	<-started
	if err := Unmount(dir); err != nil {
		t.Error(err)
	}
	select {
	case err := <-failed:
		if err == nil {
			t.Error("the read succeeds")
		}
	case <-time.After(10 * time.Second):
		t.Error("the read still waits")
	}
	close(stop)
	f.Close()
	s.calls.Wait()
}
