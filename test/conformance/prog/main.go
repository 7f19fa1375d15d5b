//go:build linux

// Prog holds the conformance cases: what a program sees of sockets and pipes.
// It prints the same with the stock toolchain and with the patched one on every
// backend, so nothing that it prints may depend on time, ports or numbers of
// descriptors. The driver in the parent directory compares.
//
// Usage: prog area [case | -case,case...]. Each file holds an area. With a case only
// that one runs, with a dash all but these.
package main

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A T is one case.
type T struct {
	name  string
	out   strings.Builder
	undos []func()
}

type testCase struct {
	name string
	f    func(*T)
}

var areas = map[string][]testCase{}

// add adds a case to an area. Cases run in the order of their names.
func add(area, name string, f func(*T)) {
	areas[area] = append(areas[area], testCase{name, f})
}

// caseTimeout is how long a case may take; none takes more than two seconds.
var caseTimeout = ms(25_000)

// slow is how many times longer than on a machine of its own everything waits, where an
// emulator runs the program: CONFORMANCE_SLOW.
var slow = func() time.Duration {
	n, _ := strconv.Atoi(os.Getenv("CONFORMANCE_SLOW"))
	return time.Duration(max(1, n))
}()

// ms returns n milliseconds, longer ones where everything is slow.
func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond * slow }

func main() {
	debug.SetTraceback("all")
	if len(os.Args) < 2 {
		var names []string
		for name := range areas {
			names = append(names, name)
		}
		slices.Sort(names)
		fmt.Println(strings.Join(names, "\n"))
		return
	}
	if f := helpers[os.Args[1]]; f != nil {
		f(os.Args[2:])
		return
	}
	cases := areas[os.Args[1]]
	if cases == nil {
		fmt.Fprintln(os.Stderr, "no area", os.Args[1])
		os.Exit(2)
	}
	slices.SortFunc(cases, func(a, b testCase) int { return strings.Compare(a.name, b.name) })
	for _, c := range cases {
		if len(os.Args) > 2 && !chosen(os.Args[2], c.name) {
			continue
		}
		t := &T{name: c.name}
		stuck := time.AfterFunc(caseTimeout, func() {
			panic(c.name + ": takes too long; so far:\n" + t.out.String())
		})
		fmt.Printf("=== %s/%s\n", os.Args[1], c.name)
		func() {
			defer func() {
				if e := recover(); e != nil && e != skipped {
					fmt.Print(t.out.String())
					panic(e)
				}
			}()
			c.f(t)
		}()
		for _, f := range slices.Backward(t.undos) {
			f()
		}
		stuck.Stop()
		fmt.Print(t.out.String())
	}
	fmt.Println("complete")
}

// chosen reports whether the second argument chooses a case.
func chosen(arg, name string) bool {
	if list, ok := strings.CutPrefix(arg, "-"); ok {
		return !slices.Contains(strings.Split(list, ","), name)
	}
	return arg == name
}

// helpers are what the program does as its own child.
var helpers = map[string]func(args []string){}

var skipped = errors.New("skipped")

// Skip ends the case.
func (t *T) Skip(why string) {
	t.Print("skip:", why)
	panic(skipped)
}

// Print adds a line to the output.
func (t *T) Print(args ...any) {
	for i, a := range args {
		if err, ok := a.(error); ok {
			args[i] = describe(err)
		}
	}
	fmt.Fprintln(&t.out, args...)
}

// Fatal ends the program.
func (t *T) Fatal(args ...any) { panic(fmt.Sprint(append([]any{t.name, ": "}, args...)...)) }

// Must ends the program if err is not nil.
func (t *T) Must(err error) {
	if err != nil {
		t.Fatal(err)
	}
}

// Cleanup runs f after the case.
func (t *T) Cleanup(f func()) { t.undos = append(t.undos, f) }

func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

// describe says what a program can find out about err without its addresses.
func describe(err error) string {
	var b strings.Builder
	inner := err
	for {
		op, ok := inner.(*net.OpError)
		if !ok {
			break
		}
		fmt.Fprintf(&b, "%s %s: ", op.Op, op.Net)
		inner = op.Err
	}
	b.WriteString(inner.Error())
	var errno syscall.Errno
	if errors.As(err, &errno) {
		fmt.Fprintf(&b, " [errno %d]", int(errno))
	}
	for _, is := range []struct {
		name string
		err  error
	}{{"net.ErrClosed", net.ErrClosed}, {"os.ErrClosed", os.ErrClosed}, {"deadline", os.ErrDeadlineExceeded}, {"EOF", io.EOF}} {
		if errors.Is(err, is.err) {
			fmt.Fprintf(&b, " [%s]", is.name)
		}
	}
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		b.WriteString(" [timeout]")
	}
	return b.String()
}

// pattern returns n bytes that differ from place to place.
func pattern(n int) []byte {
	b := make([]byte, n)
	x := uint32(n)*2654435761 + 1
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return b
}

// sum describes b.
func sum(b []byte) string {
	if len(b) <= 32 {
		return fmt.Sprintf("%q", b)
	}
	return fmt.Sprintf("%d bytes, crc %08x", len(b), crc32.ChecksumIEEE(b))
}

// a moment is long enough for another goroutine to wait in an operation, and for
// loopback to deliver.
func moment() { time.Sleep(ms(25)) }
