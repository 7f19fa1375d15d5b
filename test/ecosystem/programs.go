package main

import "strings"

// A program is a third-party module whose own tests are run, unchanged.
type program struct {
	name     string
	module   string
	version  string
	sum      string // of the module, as go.sum has it
	packages []string
	args     []string // flags that the program's own scripts use
	skip     []string // tests left out, since they want more than loopback
	why      string   // what it adds to the others
}

// programs are chosen so that they run without a network other than loopback,
// and together use most of what net offers, and of files.
var programs = []program{
	{
		name: "nats-server", module: "github.com/nats-io/nats-server/v2", version: "v2.15.2",
		sum:      "h1:yLsgt2kslgymvxvjFq1WGWck5hkat2YYfbXvQ145tzU=",
		packages: []string{"./..."},
		// The selection of srv_pkg_non_js_tests in scripts/runTestsOnTravis.sh.
		args: []string{
			"-run=^Test(N[^R]|NR[^G]|J[^W]|JW[^T]|[^JN])",
			"-tags=skip_store_tests,skip_js_tests,skip_mqtt_tests,skip_msgtrace_tests,skip_no_race_tests",
		},
		why: "a message server: clusters, gateways, WebSocket, TLS, slow and vanishing clients",
	},
	{
		name: "grpc", module: "google.golang.org/grpc", version: "v1.85.0",
		sum:      "h1:BPBCfuVRQ1qvBhKDOq9uvQllMvO59rKsYhXpp7Dd8vw=",
		packages: []string{".", "./test/...", "./internal/transport/...", "./credentials/...", "./health/...", "./stats/...", "./keepalive/...", "./reflection/...", "./orca/..."},
		why:      "its own HTTP/2 on TCP and Unix sockets, deadlines and cancelation everywhere",
	},
	{
		name: "fasthttp", module: "github.com/valyala/fasthttp", version: "v1.77.0",
		sum:      "h1:6mxBJdHabRmU4Cmw79Uqhgvjzsp6pjOaQk2t8COflzo=",
		packages: []string{"./..."},
		skip:     []string{"TestDialerGetDialFunc"}, // looks names up
		why:      "another HTTP, with pools, SO_REUSEPORT and prefork",
	},
	{
		name: "quic-go", module: "github.com/quic-go/quic-go", version: "v0.65.0",
		sum:      "h1:BJQSjdTvLPLmWtaCupUphRbgxgpZhdO/GMpr9Eoe3B4=",
		packages: []string{".", "./http3/...", "./integrationtests/self/...", "./internal/..."},
		why:      "UDP with control messages, SyscallConn and segmentation offload",
	},
	{
		name: "dns", module: "github.com/miekg/dns", version: "v1.1.73",
		sum:      "h1:uhT8nJxmTrPJYClxVxTCX+CVn6qnzSiybRk72Z6DgrE=",
		packages: []string{"./..."},
		why:      "servers on UDP and TCP, shutdown against pending reads",
	},
	{
		name: "bbolt", module: "go.etcd.io/bbolt", version: "v1.5.0",
		sum:      "h1:S7GAl7Fxv12yohbwFfIbQCGDWbQbtDGPET4P/bD4lxU=",
		packages: []string{".", "./internal/...", "./cmd/..."},
		why:      "a database in a file: positioned writes, fdatasync, mmap, and its own simulations of what a crash leaves",
	},
	{
		name: "caddy", module: "github.com/caddyserver/caddy/v2", version: "v2.11.9",
		sum:      "h1:bhZtcRKQOq0fuLvEgCdPYvUxXyGn9kzjG4lh2332DTE=",
		packages: []string{"./..."},
		why:      "a web server: net/http, TLS, proxies, listeners that survive a reload",
	},
}

// pick returns the programs with these names, all of them if there are none.
func pick(names string) (list []program, unknown string) {
	if names == "" {
		return programs, ""
	}
next:
	for name := range strings.SplitSeq(names, ",") {
		for _, p := range programs {
			if p.name == name {
				list = append(list, p)
				continue next
			}
		}
		return nil, name
	}
	return list, ""
}
