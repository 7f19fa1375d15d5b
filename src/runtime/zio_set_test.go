// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build linux

package runtime_test

import (
	"math/rand/v2"
	. "runtime"
	"testing"
)

func TestZioSetting(t *testing.T) {
	for _, c := range []struct{ env, linked, want string }{
		{"", "", ""},
		{"zio=epoll", "", "epoll"},
		{"", "zio=epoll", "epoll"},
		{"zio=poll", "zio=epoll", "poll"},
		{"zio=poll,zio=off", "", "off"},
		{"x=1,zio=poll,y=2", "", "poll"},
		{"zio=", "zio=epoll", "epoll"},
		{"zio", "", ""},
		{"zio=,", "", ""},
		{"azio=poll", "", ""},
		{"ziotrace=5", "", ""},
		{"ziotrace=5,zio=poll", "", "poll"},
		{",,zio=poll,,", "", "poll"},
	} {
		if got := ZioSettingIn("zio", c.env, c.linked); got != c.want {
			t.Errorf("GODEBUG=%q, linked %q: %q, want %q", c.env, c.linked, got, c.want)
		}
	}
}

// Whatever is put in and taken out, the entries of the poll set and the pollDescs
// know each other.
func TestZioPollSet(t *testing.T) {
	if ZioBackend() == "poll" {
		t.Skip("the set is in use")
	}
	var set ZioPollSet
	var socks []*ZioSock
	in := map[int]bool{}
	for i := range 2000 {
		s := NewZioSock(100_000 + i)
		defer s.Free()
		socks = append(socks, s)
	}
	for range 20_000 {
		i := rand.IntN(len(socks))
		switch rand.IntN(3) {
		case 0:
			set.Drop(socks[i])
			delete(in, i)
		case 1:
			set.Arm(socks[i], 'r')
			in[i] = true
		case 2:
			set.Arm(socks[i], 'w')
			in[i] = true
		}
		if n, bad := set.Check(); bad != "" || n != len(in) {
			t.Fatalf("%d entries, want %d; %s", n, len(in), bad)
		}
	}
	for _, s := range socks {
		set.Drop(s)
	}
}
