//go:build linux

package fault

import (
	"testing"

	"github.com/zio-go/zio/test/internal/zgo"
)

// A program, or a library in it, forbids a system call while Writes are half
// done. What was sent is not sent again, on every path that leaves to
// another one.
func TestForbiddenInTheMiddle(t *testing.T) {
	needJail(t, "sendto=EPERM")
	for _, c := range []struct {
		call, errno string
		backends    []string
		strict      bool // upstream, which does not make the call, goes on
	}{
		{"sendto", "ENOSYS", zgo.Backends, true},
		{"recvfrom", "ENOSYS", zgo.Backends[:3], true},
		{"io_uring_enter", "ENOSYS", zgo.Backends[:1], true},
		{"io_uring_enter", "EPERM", zgo.Backends[:1], true},
		{"io_uring_enter", "EINVAL", zgo.Backends[:1], true},
		{"io_uring_enter", "ENOMEM", zgo.Backends[:1], true},
		{"io_uring_enter", "EAGAIN", zgo.Backends[:1], true},
		{"sendto", "EPERM", zgo.Backends[:3], true},
		{"recvfrom", "EPERM", zgo.Backends[:3], true},
		{"preadv2", "ENOSYS", zgo.Backends[:3], true},
		{"preadv2", "EPERM", zgo.Backends[:3], true},
		{"pwritev2", "ENOSYS", zgo.Backends[:3], true},
		{"pwritev2", "EPERM", zgo.Backends[:3], true},
		{"ppoll", "EPERM", zgo.Backends[:2], true},
		// The kernel gives these for a socket's sake, too: they may be
		// reported, with what was sent before.
		{"sendto", "EINVAL", zgo.Backends[:3], false},
		{"sendto", "ENOMEM", zgo.Backends[:3], false},
	} {
		for _, backend := range c.backends {
			t.Run(c.call+"-"+c.errno+"-"+backend, func(t *testing.T) {
				t.Parallel() // it waits for the most part
				got := runProgArgs(t, []string{"forbidden", c.call, c.errno}, backend)
				if c.strict && got != "failed writes: false\n" {
					t.Errorf("got %q", got)
				}
			})
		}
	}
}
