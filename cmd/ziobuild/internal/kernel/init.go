package kernel

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed" // the init
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"regexp"
	"strings"
)

// Init is the source of the program that a guest starts, a file of package main.
//
//go:embed guest/main.go
var Init []byte

// A Console reads what the init says on a guest's console.
type Console struct {
	Kernel string // uname -r
	Page   string // size of a page, in bytes
	Tasks  string // how many tasks were run, from the completion marker; "" without one
	Errors []string

	tail   []string
	pieces map[string][]string
}

var said = regexp.MustCompile(`@zio:([a-z]+):([0-9a-f]{8}):(.*)$`)

// Read reads until the console is closed, and calls result for each task with its
// number and a decoder of its result. seen is called for each line.
func (c *Console) Read(r io.Reader, result func(i int, d *json.Decoder) error, seen func()) error {
	c.pieces = map[string][]string{}
	br := bufio.NewReaderSize(r, 1<<16)
	for {
		line, err := br.ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			seen()
			if err := c.line(line, result); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (c *Console) line(line string, result func(i int, d *json.Decoder) error) error {
	m := said.FindStringSubmatch(line)
	if m == nil {
		c.tail = append(c.tail[max(0, len(c.tail)-20):], line)
		return nil
	}
	if fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(m[1]+m[3]))) != m[2] {
		c.tail = append(c.tail, "(damaged line)")
		return nil
	}
	switch m[1] {
	case "kernel":
		c.Kernel, c.Page, _ = strings.Cut(m[3], " ")
	case "done":
		c.Tasks = m[3]
	case "error":
		c.Errors = append(c.Errors, m[3])
	case "result":
		return c.piece(m[3], result)
	}
	return nil
}

// piece takes a part of a result, and the result if it is the last.
func (c *Console) piece(text string, result func(i int, d *json.Decoder) error) error {
	var i, k, n int
	var data string
	if _, err := fmt.Sscanf(text, "%d %d/%d %s", &i, &k, &n, &data); err != nil {
		return nil // its checksum is right: it is none of ours
	}
	key := fmt.Sprint(i)
	if k != len(c.pieces[key]) {
		return nil // one is missing, so there is no result
	}
	c.pieces[key] = append(c.pieces[key], data)
	if k+1 < n {
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(c.pieces[key], ""))
	delete(c.pieces, key)
	if err != nil {
		return err
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	return result(i, json.NewDecoder(z))
}

// Tail returns the last lines that were not the init's: where a kernel panics, why.
func (c *Console) Tail() string { return strings.Join(c.tail, "\n") }
