//go:build unix

package hang

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary, with HANG set, is a program that hangs.
func TestMain(m *testing.M) {
	how := os.Getenv("HANG")
	if how == "" {
		os.Exit(m.Run())
	}
	os.Stdout.WriteString("ready\n")
	if how == "stopped" {
		syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	}
	hangHere()
}

func hangHere() { time.Sleep(time.Hour) }

// A program that hangs shows where, a stopped one too, and one that ignores the
// question is killed with what it started.
func TestEnd(t *testing.T) {
	// One that goes on only to answer may not have come to where it hangs.
	for how, want := range map[string]string{"plain": "hangHere", "stopped": "goroutine 1 "} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "HANG="+how, "GOTRACEBACK=all")
		var out bytes.Buffer
		cmd.Stderr = &out
		ready, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer ready.Close()
		cmd.Stdout = w
		Group(cmd)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		if _, err := io.ReadFull(ready, make([]byte, len("ready\n"))); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() { cmd.Wait(); close(done) }()
		time.Sleep(500 * time.Millisecond)
		End(cmd, done, 30*time.Second)
		<-done
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s: no stacks:\n%s", how, out.String())
		}
	}

	cmd := exec.Command("sh", "-c", "trap '' QUIT; sleep 1000 & sleep 1000")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd.Stdout = w
	Group(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	done := make(chan struct{})
	go func() { cmd.Wait(); close(done) }()
	time.Sleep(200 * time.Millisecond)
	End(cmd, done, 100*time.Millisecond)
	<-done
	// Who holds the other end of the pipe is gone too.
	r.SetReadDeadline(time.Now().Add(10 * time.Second))
	if n, err := r.Read(make([]byte, 1)); n != 0 || os.IsTimeout(err) {
		t.Errorf("a process of the group lives on: %d, %v", n, err)
	}
}
