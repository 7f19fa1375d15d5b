//go:build linux

package main

import (
	"encoding/binary"
	"path/filepath"
	"slices"

	"go.etcd.io/bbolt"
)

type bolt struct{ db *bbolt.DB }

var bucket = []byte("t")

func openBolt(dir string) (store, error) {
	db, err := bbolt.Open(filepath.Join(dir, "data"), 0o600, nil)
	if err != nil {
		return nil, err
	}
	return bolt{db}, nil
}

func (b bolt) insert(from, to uint64) error {
	return b.db.Update(func(tx *bbolt.Tx) error {
		t, err := tx.CreateBucketIfNotExists(bucket)
		if err != nil {
			return err
		}
		for k := from; k < to; k++ {
			if err := t.Put(binary.BigEndian.AppendUint64(nil, k), value(k)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b bolt) read(key uint64) (v []byte, err error) {
	err = b.db.View(func(tx *bbolt.Tx) error {
		v = slices.Clone(tx.Bucket(bucket).Get(binary.BigEndian.AppendUint64(nil, key)))
		return nil
	})
	return v, err
}

func (b bolt) close() error { return b.db.Close() }
