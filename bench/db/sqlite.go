//go:build linux

package main

import (
	"database/sql"
	"path/filepath"

	_ "modernc.org/sqlite"
)

type sqlite struct {
	db   *sql.DB
	look *sql.Stmt
}

// openSqlite makes a database with a log, whose transactions are on the disk when they
// have ended.
func openSqlite(dir string) (store, error) {
	name := "file:" + filepath.Join(dir, "data") + "?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(10000)"
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(many)
	if _, err := db.Exec("create table t (k integer primary key, v blob not null)"); err != nil {
		db.Close()
		return nil, err
	}
	look, err := db.Prepare("select v from t where k = ?")
	if err != nil {
		db.Close()
		return nil, err
	}
	return &sqlite{db, look}, nil
}

func (s *sqlite) insert(from, to uint64) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	add, err := tx.Prepare("insert into t values (?, ?)")
	if err != nil {
		return err
	}
	defer add.Close()
	for k := from; k < to; k++ {
		if _, err := add.Exec(int64(k), value(k)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (s *sqlite) read(key uint64) (v []byte, err error) {
	err = s.look.QueryRow(int64(key)).Scan(&v)
	return v, err
}

func (s *sqlite) close() error { return s.db.Close() }
