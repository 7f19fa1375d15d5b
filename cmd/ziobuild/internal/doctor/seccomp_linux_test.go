package doctor

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/zio-go/zio/cmd/ziobuild/internal/ioprobe"
)

// TestSeccomp runs the probe in a process whose seccomp filter refuses
// io_uring_setup, as those of container runtimes do, in both ways they use.
func TestSeccomp(t *testing.T) {
	if name := os.Getenv("DOCTOR_TEST_SECCOMP"); name != "" {
		errno := map[string]unix.Errno{errEPERM: unix.EPERM, errENOSYS: unix.ENOSYS}[name]
		if err := refuse(unix.SYS_IO_URING_SETUP, errno); err != nil {
			fmt.Println("SKIP: no seccomp filter here:", err)
			return
		}
		fmt.Println(uring(facts(), ioprobe.Probe()))
		return
	}
	for errno, want := range map[string]string{
		errEPERM:  "warn  io_uring    io_uring_setup: EPERM: a seccomp filter forbids it",
		errENOSYS: "warn  io_uring    io_uring_setup: ENOSYS: a seccomp filter hides it",
	} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestSeccomp$")
		cmd.Env = append(os.Environ(), "DOCTOR_TEST_SECCOMP="+errno)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if strings.Contains(string(out), "SKIP:") {
			t.Skipf("%s", out)
		}
		if f := facts(); f.Disabled > 0 || older(f.Kernel, 5, 1) {
			t.Skip("the sysctl or the kernel forbids io_uring here, whatever seccomp says")
		}
		if !strings.Contains(string(out), want) {
			t.Errorf("%s: got\n%s\nwant %q", errno, out, want)
		}
	}
}

// refuse makes a system call fail with errno in all threads of the process.
func refuse(nr uint32, errno unix.Errno) error {
	const retErrno, retAllow = 0x00050000, 0x7fff0000
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: nr, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: retErrno | uint32(errno)},
		{Code: unix.BPF_RET | unix.BPF_K, K: retAllow},
	}
	runtime.LockOSThread() // no_new_privs belongs to the thread
	defer runtime.UnlockOSThread()
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	const setModeFilter, flagTsync = 1, 1
	// With TSYNC every thread gets the filter; they need no_new_privs for it,
	// which the kernel sets along.
	if _, _, e := unix.Syscall(unix.SYS_SECCOMP, setModeFilter, flagTsync, uintptr(unsafe.Pointer(&prog))); e != 0 {
		return e
	}
	return nil
}
