//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"
	"unsafe"

	"github.com/zio-go/zio/test/internal/stream"
	"github.com/zio-go/zio/test/internal/work"
	"golang.org/x/sys/unix"
)

// Pages that take time. Another process provides the pages of some memory, as a
// slow disk does for a mapped file, and answers a fault only when it has seen
// that the program goes on meanwhile: a goroutine of it sleeps, collects
// garbage and reports to the server all the time.

func init() { programs["page-server"] = pageServer }

// From linux/userfaultfd.h.
const (
	uffdAPI     = 0xaa
	uffdioAPI   = 0xc018aa3f
	uffdioReg   = 0xc020aa00
	uffdioCopy  = 0xc028aa03
	uffdMissing = 1
	pageSeed    = 7 // of the contents of all slow pages
)

var pageSize = os.Getpagesize()

func ioctl(fd, req uintptr, p unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, req, uintptr(p)); errno != 0 {
		return errno
	}
	return nil
}

// slowPages is the program's side.
type slowPages struct {
	uffd   *os.File
	beats  *os.File
	counts io.Reader
}

// newSlowPages starts the server, or ends the program if the kernel does not
// let it handle faults.
func newSlowPages() *slowPages {
	fd, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC, 0, 0)
	if errno == 0 {
		api := [3]uint64{uffdAPI}
		errno, _ = ioctl(fd, uffdioAPI, unsafe.Pointer(&api)).(unix.Errno)
	}
	if errno != 0 {
		fmt.Println("skip: userfaultfd:", errno)
		fmt.Println("end")
		os.Exit(0)
	}
	beats, theirs, err := os.Pipe()
	work.Must(err)
	cmd := self("page-server")
	cmd.Env = append(os.Environ(), "GODEBUG=zio=off")
	s := &slowPages{uffd: os.NewFile(fd, "userfaultfd"), beats: theirs}
	cmd.ExtraFiles = []*os.File{s.uffd, beats}
	s.counts = work.Must1(cmd.StdoutPipe())
	work.Must(cmd.Start())
	beats.Close()
	go s.beat()
	return s
}

// beat shows the server that goroutines run and that the world can be stopped.
func (s *slowPages) beat() {
	fd := int(s.beats.Fd())
	for {
		time.Sleep(time.Millisecond)
		runtime.GC()
		if _, err := unix.Write(fd, []byte{'.'}); err != nil {
			return
		}
	}
}

// mapped returns new memory of n pages. Those whose index is in missing
// are slow.
func (s *slowPages) mapped(n int, missing ...int) []byte {
	b := work.Must1(unix.Mmap(-1, 0, n*pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON))
	s.slow(b, missing...)
	return b
}

// slow makes the missing ones of the pages of b, none of which has been touched,
// slow, and fills the others.
func (s *slowPages) slow(b []byte, missing ...int) {
	for i := range len(b) / pageSize {
		if !slices.Contains(missing, i) {
			fillPage(b[i*pageSize:][:pageSize])
		}
	}
	reg := [4]uint64{uint64(uintptr(unsafe.Pointer(&b[0]))), uint64(len(b)), uffdMissing}
	work.Must(ioctl(s.uffd.Fd(), uffdioReg, unsafe.Pointer(&reg)))
}

// fillPage gives every page the same contents.
func fillPage(b []byte) { stream.Fill(b, pageSeed, 0) }

// report prints what the server has seen since the last report: that there were
// faults, and how often the program stood still.
func (s *slowPages) report(what string) {
	work.Must1(unix.Write(int(s.beats.Fd()), []byte{'?'}))
	var faults, stops int
	work.Must1(fmt.Fscanln(s.counts, &faults, &stops))
	fmt.Printf("%s: faults %t, standstills %d\n", what, faults > 0, stops)
}

// pageServer answers faults on descriptor 3, reads beats from 4.
func pageServer([]string) {
	const uffd, beats = 3, 4
	work.Must(unix.SetNonblock(uffd, true)) // or poll does not work on it
	page := make([]byte, 2*pageSize)
	page = page[-uintptr(unsafe.Pointer(&page[0]))%uintptr(pageSize):][:pageSize]
	fillPage(page)
	var faults, stops int
	asked := false
	patience := 2 * time.Second
	b := make([]byte, 4096)
	for {
		if asked {
			fmt.Println(faults, stops)
			faults, stops, asked = 0, 0, false
		}
		fds := []unix.PollFd{{Fd: uffd, Events: unix.POLLIN}, {Fd: beats, Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err == unix.EINTR {
			continue
		}
		if fds[0].Revents&unix.POLLIN != 0 {
			var msg [32]byte // struct uffd_msg
			if _, err := unix.Read(uffd, msg[:]); err == unix.EAGAIN {
				continue // a signal has interrupted the fault, it comes again
			} else {
				work.Must(err)
			}
			addr := *(*uint64)(unsafe.Pointer(&msg[16])) &^ uint64(pageSize-1)
			faults++
			ok, over := alive(beats, patience)
			if !ok {
				stops++
				patience = time.Second / 5 // to get to the end all the same
			}
			asked = over
			cp := [5]uint64{addr, uint64(uintptr(unsafe.Pointer(&page[0]))), uint64(pageSize)}
			if err := ioctl(uffd, uffdioCopy, unsafe.Pointer(&cp)); err != nil && err != unix.EEXIST {
				work.Must(err)
			}
			continue
		}
		n, err := unix.Read(beats, b)
		if n == 0 || err != nil {
			os.Exit(0)
		}
		asked = bytes.Contains(b[:n], []byte("?"))
	}
}

// alive reports whether three beats come from now on, or a question: a fault that
// a signal has interrupted is repeated, and may be seen once more when it is over.
func alive(beats int, patience time.Duration) (ok, asked bool) {
	b := make([]byte, 4096)
	end := time.Now().Add(patience)
	for count := 0; count < 4; {
		left := time.Until(end).Milliseconds()
		if left <= 0 {
			return false, false
		}
		fds := []unix.PollFd{{Fd: int32(beats), Events: unix.POLLIN}}
		if ready, _ := unix.Poll(fds, int(left)); ready == 1 {
			// All that there is: the first may be older than the fault.
			n, err := unix.Read(beats, b)
			if err != nil || bytes.Contains(b[:n], []byte("?")) {
				return true, true
			}
			count++
		}
	}
	return true, false
}
