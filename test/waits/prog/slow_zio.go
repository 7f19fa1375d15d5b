//go:build linux && zio

package main

import (
	"errors"
	"os"
	"time"
	"zio"
)

func init() {
	raceEnds["cancel"] = func(f *os.File, when time.Duration, do func() error) error {
		zio.Timeout(when, func() error { do(); return nil })
		return new(zio.CanceledError)
	}
	isRaceEnd = func(err, may error) bool {
		_, ok := may.(*zio.CanceledError)
		return ok && errors.As(err, new(*zio.CanceledError))
	}
	queueScope = func(what string, wait func(string, func()), op func() error, other func()) {
		tokens, result := make(chan zio.Token, 1), make(chan error, 1)
		wait(what, func() {
			go zio.Scope(func(t zio.Token) error {
				tokens <- t
				result <- op()
				// What would wait is refused from now on.
				result <- op()
				return nil
			})
		})
		other()
		(<-tokens).Cancel(nil)
		for _, when := range []string{"when canceled", "in a canceled scope"} {
			if err := <-result; !errors.As(err, new(*zio.CanceledError)) {
				bad(what, when, err)
			}
		}
	}
}
