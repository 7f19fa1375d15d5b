package main

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// placement says on which processors server and driver may run. Most cases
// leave that to the kernel, as a user does; where the two processes take turns
// the kernel's choice would be all that is measured.
type placement int

const (
	anywhere placement = iota
	together           // both on one processor
	apart              // one processor for each
)

// placement gives nil for "any".
func (c *bcase) placement() (server, driver *unix.CPUSet) {
	var all unix.CPUSet
	if unix.SchedGetaffinity(0, &all) != nil {
		return nil, nil
	}
	first, last := -1, -1
	for i := range len(all) * 64 {
		if all.IsSet(i) {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	one := func(cpu int) *unix.CPUSet {
		var s unix.CPUSet
		s.Set(cpu)
		return &s
	}
	switch {
	case c.cpus == together:
		return one(first), one(first)
	case c.cpus == apart && first != last:
		return one(first), one(last)
	}
	return nil, nil
}

// startOn starts a child that may only use cpus. It inherits them from this
// thread, which main is locked to.
func startOn(cpus *unix.CPUSet, bin string, args, env []string, stdin ...*os.File) (*child, error) {
	if cpus == nil {
		return start(bin, args, env, stdin...)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return nil, err
	}
	if err := unix.SchedSetaffinity(0, cpus); err != nil {
		return nil, err
	}
	defer unix.SchedSetaffinity(0, &all)
	return start(bin, args, env, stdin...)
}
