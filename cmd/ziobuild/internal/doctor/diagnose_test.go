package doctor

import (
	"strings"
	"testing"

	"github.com/zio-go/zio/cmd/ziobuild/internal/ioprobe"
)

func TestDiagnose(t *testing.T) {
	newKernel := Facts{Kernel: "6.18.44-x", Seccomp: 0, Disabled: 0, Group: -1}
	with := func(change func(*Facts)) Facts {
		f := newKernel
		change(&f)
		return f
	}
	for _, tt := range []struct {
		name, errno string
		facts       Facts
		want        string
	}{
		{"old kernel", errENOSYS, with(func(f *Facts) { f.Kernel = "4.19.0-27-amd64" }), "kernel 4.19.0-27-amd64 is too old"},
		{"old kernel in a container", errENOSYS, with(func(f *Facts) { f.Kernel, f.Seccomp = "5.0.1", 2 }), "is too old"},
		{"hidden by seccomp", errENOSYS, with(func(f *Facts) { f.Seccomp = 2 }), "a seccomp filter hides it"},
		{"not compiled in", errENOSYS, newKernel, "built without it"},
		{"sysctl for all", errEPERM, with(func(f *Facts) { f.Disabled = 2 }), "io_uring_disabled=2"},
		{"sysctl wins over seccomp", errEPERM, with(func(f *Facts) { f.Disabled, f.Seccomp = 2, 2 }), "io_uring_disabled=2"},
		{"sysctl for a group", errEPERM, with(func(f *Facts) { f.Disabled, f.Group = 1, 990 }), "to group 990"},
		{"sysctl for root", errEPERM, with(func(f *Facts) { f.Disabled = 1 }), "CAP_SYS_ADMIN only"},
		{"seccomp", errEPERM, with(func(f *Facts) { f.Seccomp = 2 }), "a seccomp filter forbids it"},
		{"security module", errEACCES, newKernel, "a security module"},
		{"memlock", errENOMEM, with(func(f *Facts) { f.Kernel, f.Memlock = "5.10.0", 64<<10 }), "RLIMIT_MEMLOCK is 64 KiB"},
		{"no memory", errENOMEM, newKernel, "no memory"},
		{"files", errEMFILE, newKernel, "too many open files"},
		{"too old for the restrictions", errEINVAL, with(func(f *Facts) { f.Kernel = "5.9.0" }), "kernel 5.9.0 is too old"},
		{"sandbox", errEINVAL, newKernel, "a filter refuses it"},
		{"no requests", errEAGAIN, newKernel, "lacks memory for a request"},
		{"killed", errSIGSYS, with(func(f *Facts) { f.Seccomp = 2 }), "ends the process that tries"},
		{"other", "EXDEV", newKernel, "not expected"},
	} {
		c := Diagnose("io_uring_setup", tt.errno, tt.facts)
		if c.Status != Warn || !strings.Contains(c.Detail, tt.want) || !strings.HasPrefix(c.Detail, "io_uring_setup: "+tt.errno) {
			t.Errorf("%s: %s: %s; want %q", tt.name, c.Status, c.Detail, tt.want)
		}
	}
}

func TestOlder(t *testing.T) {
	for _, tt := range []struct {
		release string
		want    bool
	}{
		{"4.19.0", true}, {"5.17.3-arch1", true}, {"5.18", false}, {"5.18.0-rc1", false}, {"6.1.0", false}, {"10.0", false}, {"odd", false}, {"5.x", false},
	} {
		if got := older(tt.release, 5, 18); got != tt.want {
			t.Errorf("older(%q, 5, 18) = %v", tt.release, got)
		}
	}
}

// TestMachine runs the real probe; what it finds depends on the machine, but
// it must find something and not call its own result unexpected.
func TestMachine(t *testing.T) {
	checks := Machine(ioprobe.Probe)
	if len(checks) == 0 {
		t.Fatal("no checks")
	}
	for _, c := range checks {
		t.Log(c)
		if strings.Contains(c.Detail, "not expected") || c.Status == Fail {
			t.Errorf("%s", c)
		}
	}
}
