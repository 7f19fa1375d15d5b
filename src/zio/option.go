// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package zio

import (
	"strconv"
	"time"
)

// An Option is an option of [Run].
type Option struct{ set func(g *Group) }

// Limit lets at most n tasks of the group be alive, those of Background aside. A
// task that starts others with Go while all slots are taken waits for its own.
// Limit panics if n is less than 1.
func Limit(n int) Option {
	if n < 1 {
		panic("zio: Limit(" + strconv.Itoa(n) + "): at least one task is needed")
	}
	return Option{func(g *Group) { g.scope.extend().slots = make(chan struct{}, n) }}
}

// Name names the group, in errors and in panics.
func Name(name string) Option {
	return Option{func(g *Group) { g.scope.extend().name = name }}
}

const defaultGrace = 5 * time.Second

// Grace says how long a panic of a task waits for the other tasks, which are
// canceled, before it crashes the program. Without this option it is five seconds.
func Grace(d time.Duration) Option {
	return Option{func(g *Group) { g.scope.extend().grace = d }}
}
