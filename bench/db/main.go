//go:build linux

// Db inserts into and reads from a database in a file, and prints the time for each
// operation in microseconds as one line of JSON.
//
// usage: db sqlite|bbolt
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"
)

const (
	batch  = 100               // rows of a transaction
	rows   = 50_000            // that are inserted in batches, and read
	single = 1000              // transactions of a row each
	reads  = 100_000           // of each way to read
	length = 100               // of a value, in bytes
	many   = 16                // goroutines that read at the same time
	first  = uint64(1_000_000) // key of the rows with a transaction each
)

// A store is a database with keys that are numbers.
type store interface {
	// insert adds rows with the keys from to to-1 in one transaction, which is on the
	// disk when it returns.
	insert(from, to uint64) error
	// read returns the value of a key.
	read(key uint64) ([]byte, error)
	close() error
}

var open = map[string]func(dir string) (store, error){"sqlite": openSqlite, "bbolt": openBolt}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "db:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 || open[os.Args[1]] == nil {
		return errors.New("usage: db sqlite|bbolt")
	}
	// /tmp may be memory, /var/tmp is on a disk.
	dir, err := os.MkdirTemp("/var/tmp", "zio-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := open[os.Args[1]](dir)
	if err != nil {
		return err
	}
	v, err := measure(s)
	if err := errors.Join(err, s.close()); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(v)
}

func measure(s store) (map[string]float64, error) {
	v := map[string]float64{}
	var err error
	timed := func(name string, n int, do func() error) {
		if err != nil {
			return
		}
		start := time.Now()
		err = do()
		v[name] = float64(time.Since(start).Nanoseconds()) / 1e3 / float64(n)
	}
	timed("batch_us", rows, func() error {
		for i := uint64(0); i < rows; i += batch {
			if err := s.insert(i, i+batch); err != nil {
				return err
			}
		}
		return nil
	})
	timed("insert_us", single, func() error {
		for i := range uint64(single) {
			if err := s.insert(first+i, first+i+1); err != nil {
				return err
			}
		}
		return nil
	})
	timed("read_us", reads, func() error { return lookUp(s, reads) })
	timed("read_many_us", reads, func() error {
		errs := make([]error, many)
		var wg sync.WaitGroup
		for i := range many {
			wg.Go(func() { errs[i] = lookUp(s, reads/many) })
		}
		wg.Wait()
		return errors.Join(errs...)
	})
	return v, err
}

// lookUp reads n rows at random and checks what they say.
func lookUp(s store, n int) error {
	for range n {
		key := rand.Uint64N(rows)
		got, err := s.read(key)
		if err != nil {
			return err
		}
		if string(got) != string(value(key)) {
			return fmt.Errorf("row %d is %q", key, got)
		}
	}
	return nil
}

// value returns what the row of a key holds.
func value(key uint64) []byte {
	return fmt.Appendf(make([]byte, 0, length), "%0*d", length, key)
}
