// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build unix || (js && wasm) || wasip1 || windows

package runtime

import (
	"internal/bytealg"
	"internal/cpu"
	"internal/runtime/atomic"
)

// Which backend is used: GODEBUG=zio, and what came of it.

// zio is the state of the submission core.
var zio struct {
	chosen  atomic.Uint32 // whether zioBackendInit has run
	backend uint32        // constant after zioBackendInit, but for uring to epoll when rings are refused
	forced  bool          // GODEBUG names the backend; constant after zioBackendInit
	whyNot  uintptr       // errno of what made another backend than the preferred one be chosen

	_        cpu.CacheLinePad // every P reads what is above, and writes what is below
	lastPoll atomic.Int64     // nanotime of the last return from zioNetpoll, but for sysmon's
	enters   atomic.Uint64    // system calls that poll
	retired  zioCounters      // counters of destroyed Ps, protected by the stopped world
}

// zioOn reports whether the submission core is in use.
//
//go:nosplit
func zioOn() bool {
	return zioHave && zio.backend != zioOff
}

// zioSetting returns the value of key in GODEBUG, "" if there is none. As for
// other settings, the environment wins over the defaults that were linked in.
func zioSetting(key string) string {
	return zioSettingIn(key, gogetenv("GODEBUG"), godebugDefault)
}

// zioSettingIn looks for key in env, then in linked. The last one wins within each.
func zioSettingIn(key, env, linked string) string {
	for _, s := range [...]string{env, linked} {
		val := ""
		for s != "" {
			field := s
			if i := bytealg.IndexByteString(s, ','); i >= 0 {
				field, s = s[:i], s[i+1:]
			} else {
				s = ""
			}
			if len(field) > len(key) && field[:len(key)] == key && field[len(key)] == '=' {
				val = field[len(key)+1:]
			}
		}
		if val != "" {
			return val
		}
	}
	return ""
}

// zioWanted returns the backend that GODEBUG names, auto if it names none. What it
// names and nobody knows ends the process.
func zioWanted(auto uint32) uint32 {
	s := zioSetting("zio")
	if s == "" || s == "auto" {
		return auto
	}
	for i, name := range zioBackendNames {
		if name == s {
			zio.forced = true
			return uint32(i)
		}
	}
	print("runtime: GODEBUG=zio=", s, ": unknown backend; use auto, io_uring, epoll, poll or off; run ziobuild doctor\n")
	exit(2)
	return zioOff
}
