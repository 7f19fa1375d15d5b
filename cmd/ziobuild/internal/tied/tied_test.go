//go:build unix

package tied

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary, with TIED set, is a process that runs a command for ever.
func TestMain(m *testing.M) {
	if os.Getenv("TIED") != "" {
		cmd := exec.Command("sh", "-c", "echo $$; exec sleep 1000")
		cmd.Stdout = os.Stdout
		Run(cmd, time.Hour)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestLimit(t *testing.T) {
	start := time.Now()
	err := Run(exec.Command("sleep", "1000"), 100*time.Millisecond)
	if !errors.Is(err, ErrLimit) || time.Since(start) > time.Minute {
		t.Errorf("%v after %v", err, time.Since(start))
	}
	if err := Run(exec.Command("sh", "-c", "exit 3"), time.Minute); err == nil || err.Error() != "exit status 3" {
		t.Errorf("a command that fails: %v", err)
	}
}

// TestParentEnds: whatever ends the process ends its command too.
func TestParentEnds(t *testing.T) {
	sigs := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}
	if runtime.GOOS == "linux" {
		sigs = append(sigs, syscall.SIGKILL)
	}
	for _, sig := range sigs {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "TIED=1")
		cmd.Stdout = w
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		in := bufio.NewReader(r)
		if _, err := in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		cmd.Process.Signal(sig)
		err = cmd.Wait()
		if err == nil || !strings.HasPrefix(err.Error(), "signal: "+sig.String()) {
			t.Errorf("%v: the process ended with %v", sig, err)
		}
		// The pipe ends when the command, which holds it too, has ended.
		r.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := in.ReadByte(); err != io.EOF {
			t.Errorf("%v: the command lives on: %v", sig, err)
		}
		r.Close()
	}
}
