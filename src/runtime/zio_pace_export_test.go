// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

//go:build linux

package runtime

// A ZioTraffic is what is remembered of the traffic of a connection that the program
// made.
type ZioTraffic struct{ z zioDesc }

// NewZioTraffic returns that of a new connection.
func NewZioTraffic() *ZioTraffic {
	t := new(ZioTraffic)
	t.z.reset()
	t.z.pace.ask()
	return t
}

// Attempts reports whether a receive from the drained socket is attempted, Learn says
// whether it found something.
func (t *ZioTraffic) Attempts() bool   { return t.z.pace.worthwhile() }
func (t *ZioTraffic) Learn(found bool) { t.z.pace.learn(found) }

// Asks reports whether what is sent must not be queued, Received says that a message came.
func (t *ZioTraffic) Asks() bool { return t.z.pace.asks() }
func (t *ZioTraffic) Received()  { t.z.received(1, 2) }
