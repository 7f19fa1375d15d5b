package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/zio-go/zio/bench/internal/report"
)

// titles are what the tables call the cases.
var titles = strings.NewReplacer(
	"echo-1000", "echo 64 B, 1000 connections",
	"echo-16", "echo 64 B, 16 connections",
	"echo-64x16-split", "echo, 64 connections x 16 in flight, a segment each",
	"echo-64x16-small", "echo, 64 connections x 16 in flight, read one by one",
	"echo-64x16", "echo, 64 connections x 16 in flight",
	"echo-1-apart", "echo 64 B, 1 connection, a processor each",
	"echo-1", "echo 64 B, 1 connection",
	"http-128", "net/http hello, 128 connections",
	"tls-256", "TLS 1.3 echo, 256 connections",
	"churn", "connect, 1 request, close",
	"idle-15000", "15,000 idle connections",
	"bulk-send-1", "bulk send, 1 connection",
	"bulk-send-8", "bulk send, 8 connections",
	"bulk-recv-1", "bulk receive, 1 connection",
	"bulk-recv-8", "bulk receive, 8 connections",
	"sendfile-1", "sendfile, 1 connection",
	"sendfile-8", "sendfile, 8 connections",
	"busy-hog", "echo while goroutines spin",
	"busy-yield", "echo while goroutines yield every 10 us",
	"micro", "no I/O",
)

var units = strings.NewReplacer(
	"cpu_us", "CPU, us", "syscalls", "system calls", "gbps", "GB/s", "rss_mb", "RSS, MB", "threads", "threads",
	"_us", ", us", "_ms", ", ms", "_", " ",
)

// markdown prints a table of what has a goal from saved rows.
func markdown(picked []*bcase, files []string) error {
	if len(files) == 0 {
		return fmt.Errorf("-markdown: name files with saved rows, see bench/results")
	}
	lines, rows, err := savedLines(picked, files)
	if err != nil {
		return err
	}
	report.Markdown(os.Stdout, lines, rows, titles.Replace, units.Replace)
	return nil
}

// savedLines reads rows and returns them with the lines of the cases.
func savedLines(picked []*bcase, files []string) (lines []report.Line, rows []report.Row, err error) {
	for _, f := range files {
		more, err := report.ReadRows(f)
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, more...)
	}
	if len(rows) == 0 {
		return nil, nil, fmt.Errorf("no rows in %s", strings.Join(files, ", "))
	}
	for _, c := range picked {
		for _, p := range []int{0, 1, 2} {
			for _, l := range c.lines {
				if l.Procs == 0 || l.Procs == p {
					l.Case, l.Procs = c.name, p
					lines = append(lines, l)
				}
			}
		}
	}
	return lines, rows, nil
}
