package work

import (
	"testing"
	"time"
)

// A program whose time is over before its first operation does that one.
func TestRunning(t *testing.T) {
	late := &W{end: time.Now().Add(-time.Second)}
	if !late.Running() {
		t.Error("it ends with nothing done")
	}
	late.Add(1)
	if late.Running() {
		t.Error("it goes on though something is done")
	}
	early := &W{end: time.Now().Add(time.Hour)}
	early.Add(1)
	if !early.Running() {
		t.Error("it ends before its time is over")
	}
}
