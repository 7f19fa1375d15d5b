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
	switch {
	case err == nil:
		return data
	case errors.Is(err, errCancel):
		return cancel
	case errors.Is(err, context.DeadlineExceeded):
		return scopeDeadline
	case errors.Is(err, os.ErrDeadlineExceeded):
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
	if won = which(err); won != a && won != b {
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

// run makes n trials with objects of a kind.
func run(kind string, mk func() (object, error), n int) error {
	var count [ways]int
	o, err := mk()
	if err != nil {
		return err
	}
	defer func() { o.cleanup() }()
	for range n {
		a := rand.IntN(ways)
		b := rand.IntN(ways)
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
	o.setDeadline(time.Now().Add(time.Millisecond))
	if err := o.op(); which(err) != deadline {
		return fmt.Errorf("something is left over: %v", err)
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
	for kind, mk := range kinds {
		if err := run(kind, mk, n); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", kind, err)
			os.Exit(1)
		}
	}
	fmt.Printf("done %d trials\n", n*len(kinds))
}
