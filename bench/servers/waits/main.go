//go:build linux

// Waits waits for children and pipes, and prints what that costs as one line of
// JSON.
//
// usage: waits children|pipes|spawn|filter
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 2 {
		copyStdin()
		return
	}
	f := map[string]func() (map[string]float64, error){
		"children": children, "pipes": pipes, "spawn": spawn, "filter": filter,
	}[os.Args[1]]
	v, err := f()
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(v)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "waits:", err)
		os.Exit(1)
	}
}

func threads() float64 {
	d, err := os.ReadDir("/proc/self/task")
	if err != nil {
		panic(err)
	}
	return float64(len(d))
}

// children waits for 2,000 children at once.
func children() (map[string]float64, error) {
	var wg sync.WaitGroup
	var in []io.Closer
	var mu sync.Mutex
	var failed error
	for range 2000 {
		c := exec.Command("cat")
		w, err := c.StdinPipe()
		if err != nil {
			return nil, err
		}
		if err := c.Start(); err != nil {
			return nil, err
		}
		in = append(in, w)
		wg.Go(func() {
			if err := c.Wait(); err != nil {
				mu.Lock()
				failed = err
				mu.Unlock()
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	v := map[string]float64{"threads": threads()}
	for _, w := range in {
		w.Close()
	}
	wg.Wait()
	return v, failed
}

// pipes reads 5,000 pipes in blocking mode, which stock Go survives.
func pipes() (map[string]float64, error) {
	const n = 5000
	lim := syscall.Rlimit{Cur: 3 * n, Max: 3 * n}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lim); err != nil {
		return nil, err
	}
	before := rss()
	var wg sync.WaitGroup
	var ws []int
	for range n {
		var p [2]int
		if err := syscall.Pipe2(p[:], syscall.O_CLOEXEC); err != nil {
			return nil, err
		}
		ws = append(ws, p[1])
		r := os.NewFile(uintptr(p[0]), "pipe")
		wg.Go(func() {
			r.Read(make([]byte, 16))
			r.Close()
		})
	}
	time.Sleep(300 * time.Millisecond)
	v := map[string]float64{"threads": threads(), "kb_each": (rss() - before) / n / 1024}
	for _, w := range ws {
		syscall.Close(w)
	}
	wg.Wait()
	return v, nil
}

// rss is the resident memory in bytes.
func rss() float64 {
	runtime.GC()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	var size, resident float64
	fmt.Sscan(string(b), &size, &resident)
	return resident * float64(os.Getpagesize())
}

// spawn runs a program that does nothing, 32 times one after the other and 16 at a time.
func spawn() (map[string]float64, error) {
	const n = 32
	v := map[string]float64{}
	for name, at := range map[string]int{"one_ms": 1, "sixteen_ms": 16} {
		t := time.Now()
		var wg sync.WaitGroup
		var mu sync.Mutex
		var failed error
		for range at {
			wg.Go(func() {
				for range n / at {
					if err := exec.Command("/bin/true").Run(); err != nil {
						mu.Lock()
						failed = err
						mu.Unlock()
					}
				}
			})
		}
		wg.Wait()
		if failed != nil {
			return nil, failed
		}
		v[name] = float64(time.Since(t)) / 1e6 / n
	}
	return v, nil
}

// filter has this program copy 128 MiB from a pipe to a pipe, and reports its CPU
// time.
func filter() (map[string]float64, error) {
	const size = "134217728"
	src := exec.Command("head", "-c", size, "/dev/zero")
	mid := exec.Command(os.Args[0], "filter", "copy")
	dst := exec.Command("wc", "-c")
	var err error
	if mid.Stdin, err = src.StdoutPipe(); err != nil {
		return nil, err
	}
	if dst.Stdin, err = mid.StdoutPipe(); err != nil {
		return nil, err
	}
	mid.Stderr = os.Stderr
	t := time.Now()
	for _, c := range []*exec.Cmd{src, mid} {
		if err := c.Start(); err != nil {
			return nil, err
		}
	}
	out, err := dst.Output()
	if err != nil {
		return nil, err
	}
	if string(out) != size+"\n" {
		return nil, fmt.Errorf("wc says %q", out)
	}
	for _, c := range []*exec.Cmd{src, mid} {
		if err := c.Wait(); err != nil {
			return nil, err
		}
	}
	cpu := mid.ProcessState.UserTime() + mid.ProcessState.SystemTime()
	return map[string]float64{"cpu_ms": float64(cpu) / 1e6, "wall_ms": float64(time.Since(t)) / 1e6}, nil
}

func copyStdin() {
	b := make([]byte, 32<<10)
	if _, err := io.CopyBuffer(struct{ io.Writer }{os.Stdout}, struct{ io.Reader }{os.Stdin}, b); err != nil {
		fmt.Fprintln(os.Stderr, "waits:", err)
		os.Exit(1)
	}
}
