//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

func init() { programs["faults"] = faults }

// faults prints what every operation on the files of the directory dir says, which fail in
// all the ways that files do. It is the same with stock Go.
func faults(args []string) {
	dir := args[0]
	say := func(what string, n any, err error) {
		fmt.Println(what, n, strings.ReplaceAll(fmt.Sprint(err), dir, ""))
	}
	for i := range 8 {
		name := filepath.Join(dir, fmt.Sprint(i))
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		say("open "+fmt.Sprint(i), nil, err)
		if err != nil {
			continue
		}
		b := make([]byte, 10_000)
		n, err := f.Read(b)
		say("read", n, err)
		n, err = f.ReadAt(b, 5000)
		say("read at", n, err)
		n, err = f.ReadAt(b, -1)
		say("read at -1", n, err)
		n, err = f.ReadAt(nil, 10)
		say("read nothing", n, err)
		pos, err := f.Seek(0, io.SeekCurrent)
		say("position", pos, err)
		n, err = f.Write(b)
		say("write", n, err)
		n, err = f.WriteAt(b, 3000)
		say("write at", n, err)
		n, err = f.WriteAt(b, -1)
		say("write at -1", n, err)
		pos, err = f.Seek(0, io.SeekCurrent)
		say("position", pos, err)
		say("sync", nil, f.Sync())
		say("sync again", nil, f.Sync())
		say("truncate", nil, f.Truncate(100))
		st, err := f.Stat()
		say("stat", st.Size(), err)
		_, err = f.ReadDir(1)
		say("list", nil, err)
		f.Seek(0, io.SeekStart)
		var out bytes.Buffer
		k, err := io.Copy(&out, io.LimitReader(f, 30_000))
		say("copy", k, err)
		say("close", nil, f.Close())
		say("close again", nil, f.Close())
		_, err = f.ReadAt(b, 0)
		say("read what is closed", nil, err)
	}
	_, err := os.Open(filepath.Join(dir, "99"))
	say("open what is not there", nil, err)
	say("rename", nil, os.Rename(filepath.Join(dir, "1"), filepath.Join(dir, "x")))
	say("remove", nil, os.Remove(filepath.Join(dir, "1")))
	say("make", nil, os.Mkdir(filepath.Join(dir, "d"), 0o777))
	list, err := os.ReadDir(dir)
	say("list", len(list), err)
}
