package suite

import (
	"slices"
	"testing"
)

func TestSideInScope(t *testing.T) {
	tc := &Toolchain{env: []string{"A=b"}}
	for name, want := range map[string][]string{
		Base:              {"A=b"},
		"epoll":           {"A=b", "GODEBUG=zio=epoll"},
		"epoll" + InScope: {"A=b", "GODEBUG=zio=epoll,zioscope=1"},
		"io_uring+scope":  {"A=b", "GODEBUG=zio=io_uring,zioscope=1"},
	} {
		if got := (&Side{name, tc}).Env(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	o, err := linkZio(&Side{"epoll", tc}, &Unit{Package: "net"})
	if err != nil || len(o.args) != 0 {
		t.Errorf("a side without scopes: %v, %v", o, err)
	}
}
