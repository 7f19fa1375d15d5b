// Pgx is a client of PostgreSQL: a pool of connections, a goroutine for each, one
// short query after the other. It prints the rate and its CPU time per query as
// one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

func main() {
	dsn := flag.String("dsn", "", "of the server")
	conns := flag.Int("conns", 16, "connections")
	d := flag.Duration("time", time.Second, "how long to measure")
	flag.Parse()
	if err := run(*dsn, *conns, *d); err != nil {
		fmt.Fprintln(os.Stderr, "pgx:", err)
		os.Exit(1)
	}
}

// warmup is how many queries each goroutine makes before anything is measured:
// then connections are made and statements prepared.
const warmup = 20

func run(dsn string, conns int, d time.Duration) error {
	ctx := context.Background()
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return err
	}
	cfg.MaxConns = int32(conns)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer pool.Close()
	var done, stop atomic.Int64
	var warm sync.WaitGroup
	warm.Add(conns)
	errs := make(chan error, conns)
	var wg sync.WaitGroup
	for i := range conns {
		wg.Go(func() {
			for n := 0; stop.Load() == 0; n++ {
				var got int
				if err := pool.QueryRow(ctx, "select $1::int", i).Scan(&got); err != nil || got != i {
					errs <- fmt.Errorf("query: %d %v", got, err)
					if n <= warmup {
						warm.Done()
					}
					return
				}
				done.Add(1)
				if n == warmup {
					warm.Done()
				}
			}
		})
	}
	warm.Wait()
	n0, c0, t0 := done.Load(), cpu(), time.Now()
	time.Sleep(d)
	n, c, t := done.Load()-n0, cpu()-c0, time.Since(t0)
	stop.Store(1)
	wg.Wait()
	select {
	case err := <-errs:
		return err
	default:
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]float64{
		"rate":   float64(n) / t.Seconds(),
		"cpu_us": float64(c.Microseconds()) / float64(n),
	})
}

func cpu() time.Duration {
	var ru syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &ru)
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}
