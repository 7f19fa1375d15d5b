// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package metrics

func init() {
	allDesc = append(allDesc, zioDesc...)
}

// zioDesc describes the metrics of the submission core, in the order of their
// names, which are behind all others.
var zioDesc = []Description{
	{
		Name:        "/zio/backend/epoll:bool",
		Description: "1 if the network poller is the submission core with readiness by epoll, else 0.",
		Kind:        KindUint64,
	},
	{
		Name:        "/zio/backend/io_uring:bool",
		Description: "1 if the network poller is the submission core with operations by io_uring, else 0. Which backend is used is known once the program has opened its first socket.",
		Kind:        KindUint64,
	},
	{
		Name:        "/zio/backend/off:bool",
		Description: "1 if the network poller is upstream's, else 0.",
		Kind:        KindUint64,
	},
	{
		Name:        "/zio/backend/poll:bool",
		Description: "1 if the network poller is the submission core with readiness by poll(2), else 0.",
		Kind:        KindUint64,
	},
	{
		Name:        "/zio/enter:calls",
		Description: "Count of system calls that the submission core's backend made to submit or reap operations.",
		Kind:        KindUint64,
		Cumulative:  true,
	},
	{
		Name:        "/zio/ops/canceled:ops",
		Description: "Count of operations that ended because of a deadline or because the descriptor was closed.",
		Kind:        KindUint64,
		Cumulative:  true,
	},
	{
		Name:        "/zio/ops/completed:ops",
		Description: "Count of operations that goroutines handed to the submission core and that came back with a result.",
		Kind:        KindUint64,
		Cumulative:  true,
	},
	{
		Name:        "/zio/ops/inflight:ops",
		Description: "Operations that are with the submission core now. Approximate while operations start and end.",
		Kind:        KindUint64,
	},
	{
		Name:        "/zio/ops/skipped:ops",
		Description: "Count of receive system calls that were not made since the socket was known to be empty.",
		Kind:        KindUint64,
		Cumulative:  true,
	},
	{
		Name:        "/zio/ops/submitted:ops",
		Description: "Count of operations that goroutines handed to the submission core. An operation that the goroutine can do at once by itself is not handed over.",
		Kind:        KindUint64,
		Cumulative:  true,
	},
	{
		Name:        "/zio/pool/queued:ops",
		Description: "Operations on files that wait until fewer threads are blocked in such operations; GODEBUG=ziothreads sets how many may be.",
		Kind:        KindUint64,
	},
	{
		Name:        "/zio/pool/threads:threads",
		Description: "Threads that are blocked in operations on files, and those about to be.",
		Kind:        KindUint64,
	},
	{
		Name:        "/zio/pool/waited:ops",
		Description: "Count of operations on files that had to wait until fewer threads were blocked in such operations.",
		Kind:        KindUint64,
		Cumulative:  true,
	},
	{
		Name:        "/zio/ring/ops:ops",
		Description: "Count of operations that the kernel performed through io_uring.",
		Kind:        KindUint64,
		Cumulative:  true,
	},
}
