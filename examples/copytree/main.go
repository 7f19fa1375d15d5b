// Copytree copies a tree of files and shows how far it is. Ctrl-C ends it within
// moments, and leaves no file that is written by half: each is written under another
// name, synced and renamed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	many := flag.Int("j", 8, "how many files are copied at a time")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: copytree [-j FILES] FROM TO")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 2 || *many < 1 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	c := copier{ctx: ctx, from: flag.Arg(0), to: flag.Arg(1)}
	if err := c.run(*many); err != nil {
		if ctx.Err() != nil {
			err = errors.New("interrupted")
		}
		fmt.Fprintln(os.Stderr, "copytree:", err)
		os.Exit(1)
	}
}

type copier struct {
	ctx          context.Context
	from, to     string
	files, bytes atomic.Int64
}

// run copies the tree, many files at a time, and returns the first error.
func (c *copier) run(many int) error {
	ctx, cancel := context.WithCancelCause(c.ctx)
	defer cancel(nil)
	c.ctx = ctx
	names := make(chan string)
	var wg sync.WaitGroup
	for range many {
		wg.Go(func() {
			for name := range names {
				if err := c.file(name); err != nil {
					cancel(err)
				}
			}
		})
	}
	stopped := c.show()
	err := filepath.WalkDir(c.from, func(path string, d fs.DirEntry, err error) error {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(c.from, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			return os.MkdirAll(filepath.Join(c.to, name), 0o777)
		case d.Type().IsRegular():
			select {
			case names <- name:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	})
	close(names)
	wg.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	cancel(nil)
	<-stopped
	return err
}

// show shows how far the copy is until the context ends. The channel is closed when it
// has written its last line.
func (c *copier) show() (stopped chan struct{}) {
	stopped = make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for running := true; running; {
			select {
			case <-tick.C:
			case <-c.ctx.Done():
				running = false
			}
			fmt.Fprintf(os.Stderr, "\r%d files, %d MiB", c.files.Load(), c.bytes.Load()>>20)
		}
		fmt.Fprintln(os.Stderr)
	}()
	return stopped
}

// file copies a file. If it fails there is no copy, or the one that was there before.
func (c *copier) file(name string) (err error) {
	in, err := os.Open(filepath.Join(c.from, name))
	if err != nil {
		return err
	}
	defer in.Close()
	st, err := in.Stat()
	if err != nil {
		return err
	}
	to := filepath.Join(c.to, name)
	out, err := os.CreateTemp(filepath.Dir(to), ".copytree-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			out.Close()
			os.Remove(out.Name())
		}
	}()
	defer c.interrupts(in, out)()
	if err := c.contents(out, in); err != nil {
		return err
	}
	if err := errors.Join(out.Chmod(st.Mode().Perm()), out.Sync(), out.Close()); err != nil {
		return err
	}
	if err := context.Cause(c.ctx); err != nil {
		return err
	}
	if err := os.Rename(out.Name(), to); err != nil {
		return err
	}
	c.files.Add(1)
	return nil
}

// interrupts has the files' reads and writes end when the context does, until the
// returned function is called. With stock Go, which has no deadlines for regular files, the
// one that is going on ends by itself.
func (c *copier) interrupts(files ...*os.File) (stop func() bool) {
	return context.AfterFunc(c.ctx, func() {
		for _, f := range files {
			f.SetDeadline(time.Now())
		}
	})
}

// contents copies what is in a file.
func (c *copier) contents(out io.Writer, in io.Reader) error {
	for {
		if err := context.Cause(c.ctx); err != nil {
			return err
		}
		n, err := io.CopyN(out, in, 4<<20)
		c.bytes.Add(n)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
