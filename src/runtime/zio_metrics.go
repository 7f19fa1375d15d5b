// Copyright 2026 The zio Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file.

package runtime

// What can be seen of the submission core: runtime/metrics and GODEBUG=ziotrace.
// The metrics are described in runtime/metrics.

// zioCounters counts operations. Each field is only written by the owner of
// the P that holds it, and may be read by anyone.
type zioCounters struct {
	submitted uint64 // operations handed to the backend, waits for readiness included
	completed uint64 // operations that came back with a result
	canceled  uint64 // operations that a deadline or Close ended
	skipped   uint64 // attempts saved since the socket was known to be drained
}

// zioStats is a sum of the counters of all Ps and rings.
type zioStats struct {
	zioCounters
	enters uint64 // system calls that the backend made to submit or reap
	sqes   uint64 // operations performed through a ring

	// Of the pool: places taken, operations that wait for one, and those that ever did.
	places, queued, waited uint64
}

// zioInitMetrics adds the submission core's metrics to the table. It is called
// by initMetrics, with metricsSema held.
func zioInitMetrics() {
	// No closure here may capture anything: the runtime does not allocate.
	metrics["/zio/ops/submitted:ops"] = metricData{compute: func(_ *statAggregate, out *metricValue) {
		s := zioReadStats()
		out.kind, out.scalar = metricKindUint64, s.submitted
	}}
	metrics["/zio/ops/completed:ops"] = metricData{compute: func(_ *statAggregate, out *metricValue) {
		s := zioReadStats()
		out.kind, out.scalar = metricKindUint64, s.completed
	}}
	metrics["/zio/ops/canceled:ops"] = metricData{compute: func(_ *statAggregate, out *metricValue) {
		s := zioReadStats()
		out.kind, out.scalar = metricKindUint64, s.canceled
	}}
	metrics["/zio/ops/inflight:ops"] = metricData{compute: func(_ *statAggregate, out *metricValue) {
		s := zioReadStats()
		out.kind, out.scalar = metricKindUint64, s.inflight()
	}}
	metrics["/zio/ops/skipped:ops"] = metricData{compute: func(_ *statAggregate, out *metricValue) {
		s := zioReadStats()
		out.kind, out.scalar = metricKindUint64, s.skipped
	}}
	metrics["/zio/ring/ops:ops"] = metricData{compute: func(_ *statAggregate, out *metricValue) {
		s := zioReadStats()
		out.kind, out.scalar = metricKindUint64, s.sqes
	}}
	metrics["/zio/enter:calls"] = metricData{compute: func(_ *statAggregate, out *metricValue) {
		s := zioReadStats()
		out.kind, out.scalar = metricKindUint64, s.enters
	}}
	metrics["/zio/pool/threads:threads"] = metricData{compute: func(_ *statAggregate, out *metricValue) {
		s := zioReadStats()
		out.kind, out.scalar = metricKindUint64, s.places
	}}
	metrics["/zio/pool/queued:ops"] = metricData{compute: func(_ *statAggregate, out *metricValue) {
		s := zioReadStats()
		out.kind, out.scalar = metricKindUint64, s.queued
	}}
	metrics["/zio/pool/waited:ops"] = metricData{compute: func(_ *statAggregate, out *metricValue) {
		s := zioReadStats()
		out.kind, out.scalar = metricKindUint64, s.waited
	}}
	metrics["/zio/backend/off:bool"] = metricData{compute: func(_ *statAggregate, out *metricValue) {
		zioBackendMetric(out, zioOff)
	}}
	metrics["/zio/backend/io_uring:bool"] = metricData{compute: func(_ *statAggregate, out *metricValue) {
		zioBackendMetric(out, zioUring)
	}}
	metrics["/zio/backend/epoll:bool"] = metricData{compute: func(_ *statAggregate, out *metricValue) {
		zioBackendMetric(out, zioEpoll)
	}}
	metrics["/zio/backend/poll:bool"] = metricData{compute: func(_ *statAggregate, out *metricValue) {
		zioBackendMetric(out, zioPoll)
	}}
}

// zioBackendMetric sets out to 1 if the backend in use is b, else to 0.
func zioBackendMetric(out *metricValue, b uint32) {
	out.kind, out.scalar = metricKindUint64, 0
	if zio.backend == b {
		out.scalar = 1
	}
}

// inflight returns the number of operations submitted and not ended. The
// counters are read one after the other, so it is never negative only because
// it is made so.
func (s *zioStats) inflight() uint64 {
	return uint64(max(int64(s.submitted-s.completed-s.canceled), 0))
}

// zioLastTrace is when zioTrace last wrote a line. Only sysmon uses it.
var zioLastTrace int64

// zioTrace is called by sysmon when GODEBUG=ziotrace=N is set, and writes a line
// to standard error every N milliseconds.
func zioTrace(now int64) {
	if now-zioLastTrace < int64(debug.ziotrace)*1e6 {
		return
	}
	zioLastTrace = now
	zioTraceCan()
	s := zioReadStats()
	printlock()
	print("ZIO ", (now-runtimeInitTime)/1e6, "ms: backend=", zioBackendNames[zio.backend],
		" inflight=", s.inflight(), " submitted=", s.submitted, " completed=", s.completed,
		" canceled=", s.canceled, " skipped=", s.skipped, " ring=", s.sqes,
		" enters=", s.enters, " pool=", s.places, " queued=", s.queued)
	if why := zio.whyNot; why != 0 {
		print(" io_uring=errno", why)
	}
	print("\n")
	printunlock()
}
