//go:build zio && linux

// Command prog is a matrix of races. A goroutine waits in an operation, and two of five
// things end the wait at about the same time: data, a cancel, the deadline of a
// scope, the deadline of the descriptor, Close. The operation has to report one of
// the two, and what was sent has to be there afterwards, exactly once.
package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
	"zio"
)

// An object is what is waited for.
type object interface {
	op() error                     // waits for an item and takes it
	feed() error                   // sends an item
	setDeadline(t time.Time) error // of the operation
	close() error                  // ends the operation
	cleanup()
}

// What only some objects have.
type (
	// A limited object has not all ways.
	limited interface{ allowed(way int) bool }
	// A preparer is told that a trial comes.
	preparer interface{ prepare() error }
	// An informed object is told which one.
	informed interface{ ways(a, b int) }
	// A selfish object has data without being fed.
	selfish interface{ byItself() }
)

// Ways to end a wait.
const (
	data = iota
	cancel
	scopeDeadline
	deadline
	closing
	ways
)

var names = [ways]string{"data", "cancel", "scope deadline", "deadline", "close"}

var errCancel = errors.New("canceled by the trial")

// which returns which way it was that err reports.
func which(err error) int {
	var ne net.Error
	switch {
	case err == nil:
		return data
	case errors.Is(err, errCancel):
		return cancel
	case errors.As(err, new(*zio.CanceledError)) && errors.Is(err, context.DeadlineExceeded):
		return scopeDeadline
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &ne) && ne.Timeout():
		return deadline
	case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrClosed):
		return closing
	}
	return -1
}

// trial has a and b end a wait, and reports which did. The object is to be replaced
// if one of them is closing.
func trial(o object, a, b int) (won int, err error) {
	jitter := func() time.Duration { return time.Duration(rand.IntN(60)) * time.Microsecond }
	if p, ok := o.(preparer); ok {
		if err := p.prepare(); err != nil {
			return -1, err
		}
	}
	if i, ok := o.(informed); ok {
		i.ways(a, b)
	}
	var wg sync.WaitGroup
	var fed error
	err = zio.Scope(func(tok zio.Token) error {
		for _, way := range []int{a, b} {
			d := jitter()
			switch way {
			case scopeDeadline:
				tok.SetDeadline(time.Now().Add(d))
			case deadline:
				o.setDeadline(time.Now().Add(d))
			default:
				wg.Go(func() {
					for start := time.Now(); time.Since(start) < d; {
					}
					switch way {
					case data:
						fed = o.feed()
					case cancel:
						tok.Cancel(errCancel)
					case closing:
						o.close()
					}
				})
			}
		}
		err := o.op()
		wg.Wait()
		return err
	})
	_, itself := o.(selfish)
	if won = which(err); won != a && won != b && !(itself && won == data) {
		return won, fmt.Errorf("%s and %s: %v", names[a], names[b], err)
	}
	closed := a == closing || b == closing
	if fed != nil && !closed {
		return won, fmt.Errorf("feed: %v", fed)
	}
	if closed {
		return won, nil
	}
	o.setDeadline(time.Time{})
	if won != data && (a == data || b == data) {
		// It came, or comes, second.
		if err := zio.Timeout(10*time.Second, o.op); err != nil {
			return won, fmt.Errorf("%s and %s: %s came first, and the data is lost: %v", names[a], names[b], names[won], err)
		}
	}
	return won, nil
}

// pick returns a way that o has.
func pick(o object) int {
	for {
		way := rand.IntN(ways)
		if l, ok := o.(limited); !ok || l.allowed(way) {
			return way
		}
	}
}

// empty checks that there is no data left, as far as o waits for data.
func empty(o object) error {
	if _, ok := o.(selfish); ok {
		return nil
	}
	if l, ok := o.(limited); ok && !l.allowed(closing) {
		return nil // it counts by itself
	}
	o.setDeadline(time.Now().Add(time.Millisecond))
	if err := o.op(); which(err) != deadline {
		return fmt.Errorf("something is left over: %v", err)
	}
	return nil
}

// fail ends the program.
func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}

// run makes n trials with objects of a kind.
func run(kind string, mk func() (object, error), n int) error {
	var count [ways]int
	o, err := mk()
	if err != nil {
		return err
	}
	defer func() { o.cleanup() }()
	for range n {
		a, b := pick(o), pick(o)
		if a == data && b == data {
			b = cancel
		}
		won, err := trial(o, a, b)
		if err != nil {
			return err
		}
		count[won]++
		if a != closing && b != closing {
			continue
		}
		o.cleanup()
		if o, err = mk(); err != nil {
			return err
		}
	}
	// Nothing is left that was not counted.
	if err := empty(o); err != nil {
		return err
	}
	fmt.Printf("%s:", kind)
	for way, n := range count {
		fmt.Printf(" %s %d", names[way], n)
	}
	fmt.Println()
	return nil
}

func main() {
	n, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "usage: prog TRIALS")
		os.Exit(2)
	}
	if strings.Contains(os.Getenv("GODEBUG"), "zio=off") {
		// A read of a file in blocking mode is upstream's: a thread waits.
		delete(kinds, "terminal")
	}
	total := 0
	for kind, mk := range kinds {
		n := n
		if kind == "child" {
			n = max(n/10, 1) // a trial takes milliseconds
		}
		if err := run(kind, mk, n); err != nil {
			fail("%s: %v", kind, err)
		}
		total += n
	}
	fmt.Printf("done %d trials\n", total)
}
