// Grep searches a tree for a regular expression, many files at a time, with a time
// limit for each file: what a slow disk has not delivered by then is not waited for, but
// for a read that it has begun. With stock Go regular files have no deadlines, and each
// file that waits holds a thread.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	limit := flag.Duration("t", 5*time.Second, "how long a file may take")
	many := flag.Int("j", 16*runtime.NumCPU(), "how many files are read at a time")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: grep [-t LIMIT] [-j FILES] EXPRESSION DIR")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 2 || *many < 1 {
		flag.Usage()
		os.Exit(2)
	}
	re, err := regexp.Compile(flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, "grep:", err)
		os.Exit(2)
	}
	out := bufio.NewWriter(os.Stdout)
	found, bad := search(flag.Arg(1), re, *limit, *many, out)
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, "grep:", err)
		os.Exit(2)
	}
	switch {
	case bad:
		os.Exit(2)
	case !found:
		os.Exit(1)
	}
}

// search writes the lines of the files below dir that re matches to out, those of a file
// together. It reports whether there are any, and whether something could not be read.
func search(dir string, re *regexp.Regexp, limit time.Duration, many int, out io.Writer) (found, bad bool) {
	var failed, any atomic.Bool
	fail := func(err error) {
		failed.Store(true)
		fmt.Fprintln(os.Stderr, "grep:", err)
	}
	names := make(chan string)
	var wg sync.WaitGroup
	var mu sync.Mutex // for out
	for range many {
		wg.Go(func() {
			for name := range names {
				lines, err := searchFile(name, re, limit)
				if err != nil {
					fail(err)
				}
				if len(lines) == 0 {
					continue
				}
				any.Store(true)
				mu.Lock()
				_, err = out.Write(lines)
				mu.Unlock()
				if err != nil {
					fail(err)
				}
			}
		})
	}
	filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			fail(err)
		} else if d.Type().IsRegular() {
			names <- name
		}
		return nil
	})
	close(names)
	wg.Wait()
	return any.Load(), failed.Load()
}

// searchFile returns the lines of a file that re matches, each after its name and
// number. It returns those before an error, too.
func searchFile(name string, re *regexp.Regexp, limit time.Duration) (lines []byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.SetReadDeadline(time.Now().Add(limit)); err != nil && !errors.Is(err, os.ErrNoDeadline) {
		return nil, err
	}
	// Reads at an offset can be ended while they wait for the disk.
	in := bufio.NewReaderSize(io.NewSectionReader(f, 0, math.MaxInt64), 64<<10)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 && re.Match(line) {
			lines = fmt.Appendf(lines, "%s:%d:%s", name, n, line)
			if line[len(line)-1] != '\n' {
				lines = append(lines, '\n')
			}
		}
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
	}
}
