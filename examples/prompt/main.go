// Prompt asks a question on the terminal, with a time limit and a spinner beside
// it. With stock Go there is no time limit: a file in blocking mode, which
// standard input is, has no deadlines there.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	limit := flag.Duration("t", 10*time.Second, "how long to wait for an answer")
	flag.Parse()
	answer, err := ask("Go on? [y/n] ", *limit)
	switch {
	case errors.Is(err, os.ErrNoDeadline):
		fmt.Fprintln(os.Stderr, "prompt: standard input has no deadlines: build this with ziobuild, and let it be a terminal or a pipe")
		os.Exit(1)
	case errors.Is(err, os.ErrDeadlineExceeded):
		fmt.Println("\nNo answer; going on.")
	case err != nil:
		fmt.Fprintln(os.Stderr, "\nprompt:", err)
		os.Exit(1)
	default:
		fmt.Println("You said", answer)
	}
}

// ask asks a question and returns the line that is typed within the limit.
func ask(question string, limit time.Duration) (string, error) {
	if err := os.Stdin.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return "", err
	}
	defer os.Stdin.SetReadDeadline(time.Time{})
	stop := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		spin(question, stop)
	}()
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	close(stop)
	<-stopped
	return strings.TrimSpace(line), err
}

// spin turns a wheel in front of the question until stop is closed. The cursor
// stays behind the question, where the answer goes.
func spin(question string, stop <-chan struct{}) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	fmt.Print("  ", question)
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		case <-tick.C:
			fmt.Printf("\x1b7\r%c\x1b8", `|/-\`[i%4]) // save the cursor, draw, restore it
		}
	}
}
