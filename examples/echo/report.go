package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/metrics"
)

// report prints what the runtime says of the poller, and what the kernel says
// of its rings.
func report(w io.Writer) {
	backend := ""
	for _, name := range []string{"io_uring", "epoll", "poll", "off"} {
		if v, ok := read("/zio/backend/" + name + ":bool"); ok && v == 1 {
			backend = name
		}
	}
	if backend == "" {
		fmt.Fprintln(w, "backend: stock Go, built without ziobuild")
		return
	}
	fmt.Fprintln(w, "backend:", backend)
	if backend == "off" {
		return
	}
	ops, _ := read("/zio/ops/completed:ops")
	canceled, _ := read("/zio/ops/canceled:ops")
	skipped, _ := read("/zio/ops/skipped:ops")
	ring, _ := read("/zio/ring/ops:ops")
	enters, _ := read("/zio/enter:calls")
	fmt.Fprintf(w, "operations: %d completed, %d canceled\n", ops, canceled)
	fmt.Fprintf(w, "system calls of the backend: %d\n", enters)
	fmt.Fprintf(w, "system calls saved: %d (%d operations in a ring, %d reads of an empty socket not tried)\n",
		int64(ring+skipped)-int64(enters), ring, skipped)
	switch rings, completions, known := kernelCount(); {
	case rings == 0:
	case !known:
		fmt.Fprintf(w, "the kernel does not count the completions of its %d rings\n", rings)
	case completions == ring:
		fmt.Fprintf(w, "the kernel agrees: %d completions in %d rings (/proc/self/fdinfo)\n", completions, rings)
	default:
		fmt.Fprintf(w, "the kernel does NOT agree: %d completions in %d rings (/proc/self/fdinfo)\n", completions, rings)
	}
}

// read returns the value of a metric, and whether there is one of this name.
func read(name string) (uint64, bool) {
	s := []metrics.Sample{{Name: name}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0, false
	}
	return s[0].Value.Uint64(), true
}

// kernelCount returns how many rings this process has and the sum of the
// completions that the kernel posted to them, if it says so: Linux 5.10 does not.
func kernelCount() (rings int, completions uint64, known bool) {
	fds, _ := filepath.Glob("/proc/self/fd/*")
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err != nil || target != "anon_inode:[io_uring]" {
			continue
		}
		info, err := os.ReadFile("/proc/self/fdinfo/" + filepath.Base(fd))
		if err != nil {
			continue
		}
		rings++
		for line := range bytes.Lines(info) {
			var n uint64
			if c, _ := fmt.Sscanf(string(line), "CqTail:\t%v", &n); c == 1 {
				completions += n
				known = true
			}
		}
	}
	return rings, completions, known
}
