// Micro times what the scheduler does without any I/O, and prints the medians
// in ms as one line of JSON.
package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"
)

func main() {
	out := map[string]float64{}
	for _, b := range []struct {
		name  string
		times int
		run   func()
	}{
		{"spawn_10k_ms", 31, spawn},
		{"sleep_10k_ms", 15, sleep},
		{"pingpong_1_ms", 31, func() { pingPong(1, 20_000) }},
		{"pingpong_100_ms", 31, func() { pingPong(100, 500) }},
		{"fan_1000_ms", 31, fan},
	} {
		b.run()
		var ms []float64
		for range b.times {
			t := time.Now()
			b.run()
			ms = append(ms, float64(time.Since(t))/1e6)
		}
		slices.Sort(ms)
		out[b.name] = ms[len(ms)/2]
	}
	line, err := json.Marshal(out)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", line)
}

func spawn() {
	var wg sync.WaitGroup
	for range 10_000 {
		wg.Go(func() {})
	}
	wg.Wait()
}

func sleep() {
	var wg sync.WaitGroup
	for range 10_000 {
		wg.Go(func() { time.Sleep(time.Millisecond) })
	}
	wg.Wait()
}

func pingPong(pairs, times int) {
	var wg sync.WaitGroup
	for range pairs {
		ping, pong := make(chan int), make(chan int)
		wg.Go(func() {
			for i := range times {
				ping <- i
				<-pong
			}
			close(ping)
		})
		wg.Go(func() {
			for i := range ping {
				pong <- i
			}
		})
	}
	wg.Wait()
}

// fan spreads 100,000 items over 1,000 workers and collects their answers.
func fan() {
	const workers, items = 1000, 100_000
	in, out := make(chan int), make(chan int)
	for range workers {
		go func() {
			for i := range in {
				out <- i + 1
			}
		}()
	}
	go func() {
		for i := range items {
			in <- i
		}
		close(in)
	}()
	for range items {
		<-out
	}
}
