//go:build linux

package main

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/zio-go/zio/internal/disk"
)

func init() { programs["file-race"] = fileRace }

// A raceEnd ends operations on a file at any time. It calls do, in which there is
// one on f, and returns the error that do may return, nil for none.
type raceEnd func(f *os.File, when time.Duration, do func() error) (may error)

// raceEnds are the ways to end an operation. Scopes are added where there is package zio.
var raceEnds = map[string]raceEnd{
	"completion": func(f *os.File, when time.Duration, do func() error) error {
		do()
		return nil
	},
	"deadline": func(f *os.File, when time.Duration, do func() error) error {
		f.SetDeadline(time.Now().Add(when))
		do()
		f.SetDeadline(time.Time{})
		return os.ErrDeadlineExceeded
	},
	"close": func(f *os.File, when time.Duration, do func() error) error {
		closed := make(chan bool)
		time.AfterFunc(when, func() { f.Close(); close(closed) })
		do()
		<-closed
		return os.ErrClosed
	},
}

// isRaceEnd reports whether err is of the kind of may, where errors.Is does not know that.
var isRaceEnd = func(err, may error) bool { return false }

// A raceFile is a file of blocks each of which holds one number many times. A goroutine has
// it for itself.
type raceFile struct {
	name  string
	flags int
	f     *os.File
	look  *os.File // to see what is there, which nothing ends
	want  [16]uint64
	buf   []byte
}

// fileRace tries every operation with every end, for as many ms each as args says.
func fileRace(args []string) {
	each := time.Duration(must(strconv.Atoi(args[0]))) * time.Millisecond
	dir := must(os.MkdirTemp("/var/tmp", "waits"))
	defer os.RemoveAll(dir)
	ops := map[string]func(r *raceFile, end raceEnd, when time.Duration){
		"read": (*raceFile).read, "write": (*raceFile).write, "sync": (*raceFile).sync,
		"read at position": (*raceFile).readHere, "write at position": (*raceFile).writeHere,
	}
	stopHogs := raceHogs(dir)
	defer stopHogs()
	for opName, op := range ops {
		for endName, end := range raceEnds {
			var wg sync.WaitGroup
			stop := time.Now().Add(each)
			for i := range 6 {
				flags := os.O_RDWR
				if i%2 == 1 {
					flags |= syscall.O_DIRECT
				}
				r := newRaceFile(filepath.Join(dir, strconv.Itoa(i)), flags)
				wg.Go(func() {
					defer r.close()
					for time.Now().Before(stop) {
						op(r, end, time.Duration(rand.IntN(300))*time.Microsecond)
					}
				})
			}
			done := make(chan bool)
			go func() { wg.Wait(); close(done) }()
			select {
			case <-done:
			case <-time.After(20 * time.Second):
				bad(opName, "ended by", endName, "hangs")
				panic("hangs")
			}
		}
	}
}

// raceHogs has some goroutines write and sync files, so that places are taken.
func raceHogs(dir string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for i := range 6 { // more than writes have places of their own
		f := must(os.Create(filepath.Join(dir, "hog"+strconv.Itoa(i))))
		wg.Go(func() {
			defer f.Close()
			b := make([]byte, 64<<10)
			for ctx.Err() == nil {
				must(f.WriteAt(b, 0))
				f.Sync()
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

func newRaceFile(name string, flags int) *raceFile {
	r := &raceFile{name: name, flags: flags, buf: disk.Aligned(disk.Page)}
	r.look = must(os.OpenFile(name, flags|os.O_CREATE, 0o600))
	for i := range r.want {
		r.fill(0)
		must(r.look.WriteAt(r.buf, int64(i)*disk.Page))
	}
	r.f = must(os.OpenFile(name, flags, 0))
	return r
}

func (r *raceFile) close() {
	r.f.Close()
	r.look.Close()
}

func (r *raceFile) fill(v uint64) {
	for i := 0; i < len(r.buf); i += 8 {
		binary.LittleEndian.PutUint64(r.buf[i:], v)
	}
}

// check fails unless the buffer holds what block i should.
func (r *raceFile) check(what string, i int) {
	for j := 0; j < len(r.buf); j += 8 {
		if v := binary.LittleEndian.Uint64(r.buf[j:]); v != r.want[i] {
			bad(what, "block", i, "byte", j, "is", v, "and not", r.want[i])
			return
		}
	}
}

// try has do done under end, with the number of bytes that it moved, and returns whether
// it did all. It opens the file again if that was closed.
func (r *raceFile) try(what string, all int, end raceEnd, when time.Duration, do func() (int, error)) bool {
	var n int
	var err error
	may := end(r.f, when, func() error { n, err = do(); return err })
	ok := err == nil && n == all
	if !ok && (may == nil || !errors.Is(err, may) && !isRaceEnd(err, may) || n != 0) {
		bad(what, "did", n, "bytes:", err)
	}
	if errors.Is(may, os.ErrClosed) {
		r.f = must(os.OpenFile(r.name, r.flags, 0))
	}
	return ok
}

func (r *raceFile) read(end raceEnd, when time.Duration) {
	i := rand.IntN(len(r.want))
	if r.flags&syscall.O_DIRECT == 0 && i == 0 {
		r.look.Sync()
		disk.Forget(r.look)
	}
	if r.try("read", disk.Page, end, when, func() (int, error) { return r.f.ReadAt(r.buf, int64(i)*disk.Page) }) {
		r.check("read", i)
	}
}

func (r *raceFile) write(end raceEnd, when time.Duration) {
	i := rand.IntN(len(r.want))
	r.fill(r.want[i] + 1)
	if r.try("write", disk.Page, end, when, func() (int, error) { return r.f.WriteAt(r.buf, int64(i)*disk.Page) }) {
		r.want[i]++
	}
	must(r.look.ReadAt(r.buf, int64(i)*disk.Page))
	r.check("after a write", i)
}

func (r *raceFile) sync(end raceEnd, when time.Duration) {
	r.fill(r.want[0] + 1)
	must(r.look.WriteAt(r.buf, 0))
	r.want[0]++
	r.try("sync", 0, end, when, func() (int, error) { return 0, r.f.Sync() })
}

// here seeks to block i, and says after an operation whether the position is right.
func (r *raceFile) here(i int) (after func(what string, moved bool)) {
	at := int64(i) * disk.Page
	f := r.f
	must(f.Seek(at, 0))
	return func(what string, moved bool) {
		want := at
		if moved {
			want += disk.Page
		}
		if pos, err := f.Seek(0, 1); err == nil && pos != want {
			bad(what, "left the position at", pos, "and not", want)
		}
	}
}

func (r *raceFile) readHere(end raceEnd, when time.Duration) {
	i := rand.IntN(len(r.want))
	after := r.here(i)
	ok := r.try("read at position", disk.Page, end, when, func() (int, error) { return r.f.Read(r.buf) })
	after("read", ok)
	if ok {
		r.check("read at position", i)
	}
}

func (r *raceFile) writeHere(end raceEnd, when time.Duration) {
	i := rand.IntN(len(r.want))
	after := r.here(i)
	r.fill(r.want[i] + 1)
	ok := r.try("write at position", disk.Page, end, when, func() (int, error) { return r.f.Write(r.buf) })
	after("write", ok)
	if ok {
		r.want[i]++
	}
	must(r.look.ReadAt(r.buf, int64(i)*disk.Page))
	r.check("after a write at position", i)
}
