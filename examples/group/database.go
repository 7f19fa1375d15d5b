//go:build zio

package main

import (
	"bufio"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
	"zio"
)

// A database in a few lines. A query is a duration; its result, one row of one column, is
// there when that has passed. The driver knows nothing of contexts or scopes.

// serveDatabase is the server's side: a task of g for each connection.
func serveDatabase(g *zio.Group, ln net.Listener) error {
	for {
		c, err := ln.Accept()
		if err != nil {
			return err
		}
		started := g.Background(func() error {
			defer c.Close()
			for in := bufio.NewScanner(c); in.Scan(); {
				d, err := time.ParseDuration(in.Text())
				if err != nil {
					d = 0
				}
				select {
				case <-time.After(d):
				case <-zio.Done():
					return zio.Check()
				}
				if _, err := fmt.Fprintln(c, "after", d); err != nil {
					return nil // the client has left
				}
			}
			return nil
		})
		if !started {
			c.Close()
		}
	}
}

// query asks the database at addr for something short, and then for something that
// takes longer than the program lives.
func query(addr string) error {
	db := sql.OpenDB(connector(addr))
	defer db.Close()
	for _, q := range []string{"10ms", "1000h"} {
		var answer string
		if err := db.QueryRow(q).Scan(&answer); err != nil {
			return err
		}
		fmt.Println("the database says", answer)
	}
	return nil
}

// A connector is the address of a database.
type connector string

// Connect connects to the database.
func (a connector) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := net.Dial("tcp", string(a))
	if err != nil {
		return nil, err
	}
	return &session{Conn: c, in: bufio.NewReader(c)}, nil
}

// Driver returns what database/sql wants to know the connections by.
func (a connector) Driver() driver.Driver { return a }

// Open connects to the database at addr.
func (connector) Open(addr string) (driver.Conn, error) {
	return connector(addr).Connect(context.Background())
}

// A session is a connection to a database.
type session struct {
	net.Conn
	in     *bufio.Reader
	failed bool // an answer may be on its way that nobody waits for
}

// IsValid reports whether the connection can be used again.
func (s *session) IsValid() bool { return !s.failed }

var errNo = errors.New("this database cannot do that")

// Begin fails: there are no transactions.
func (s *session) Begin() (driver.Tx, error) { return nil, errNo }

// Prepare returns a statement that sends q.
func (s *session) Prepare(q string) (driver.Stmt, error) { return statement{s, q}, nil }

type statement struct {
	s *session
	q string
}

func (statement) Close() error                               { return nil }
func (statement) NumInput() int                              { return 0 }
func (statement) Exec([]driver.Value) (driver.Result, error) { return nil, errNo }

// Query sends the query, and reads the answer as any driver does.
func (st statement) Query([]driver.Value) (driver.Rows, error) {
	_, err := fmt.Fprintln(st.s, st.q)
	var answer string
	if err == nil {
		answer, err = st.s.in.ReadString('\n')
	}
	if err != nil {
		st.s.failed = true
		return nil, err
	}
	return &rows{answer[:len(answer)-1]}, nil
}

// rows are the only row, until it is read.
type rows []string

func (*rows) Columns() []string { return []string{"answer"} }
func (*rows) Close() error      { return nil }

func (r *rows) Next(dest []driver.Value) error {
	if len(*r) == 0 {
		return io.EOF
	}
	dest[0] = (*r)[0]
	*r = nil
	return nil
}
