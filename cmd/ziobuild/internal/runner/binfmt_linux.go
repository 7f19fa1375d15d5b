package runner

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// A program under QEMU's user emulator that starts itself asks this machine's
// kernel to run a foreign file. Kernels since 6.7 let every user namespace have
// its own table of such formats, so that needs no root and changes nothing for
// anybody else. This process starts itself as the helper that fills the table.

// Helper is the variable that makes this program the helper: it holds the
// interpreter, and the arguments are the program to run below it.
const Helper = "ZIOBUILD_BINFMT"

// RunHelper fills the table and becomes the program. It returns only with an error.
// Without a program it ends, with success if a program could have been run.
func RunHelper(args []string) error {
	interpreter := os.Getenv(Helper)
	name := interpreter // any file of this machine's
	if len(args) > 0 {
		name = args[0]
	}
	if err := register(name, interpreter); err != nil {
		return err
	}
	if len(args) == 0 {
		return nil
	}
	// What was needed for the table.
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return err
	}
	os.Unsetenv(Helper)
	return syscall.Exec(args[0], args, os.Environ())
}

// register makes the interpreter that of all files that are like name.
func register(name, interpreter string) error {
	const dir = "/proc/sys/fs/binfmt_misc"
	rule, err := binfmtRule(name, interpreter)
	if err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := unix.Mount("binfmt_misc", dir, "binfmt_misc", 0, ""); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "register"), rule, 0)
}

// binfmtRule returns a line for the table: executables with the class, byte order
// and machine of a file.
func binfmtRule(name, interpreter string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var h [20]byte
	if _, err := f.Read(h[:]); err != nil || !bytes.HasPrefix(h[:], []byte("\x7fELF")) {
		return nil, fmt.Errorf("%s is no ELF file: %v", name, err)
	}
	var magic, mask strings.Builder
	for i, b := range h {
		m := byte(0xff)
		switch {
		case i >= 7 && i < 16: // system and padding
			m, b = 0, 0
		case i == 16 || i == 17: // fixed or position-independent
			if b != 0 {
				m, b = 0xfe, 2
			}
		}
		fmt.Fprintf(&magic, `\x%02x`, b)
		fmt.Fprintf(&mask, `\x%02x`, m)
	}
	return fmt.Appendf(nil, ":zio:M::%s:%s:%s:PF", &magic, &mask, interpreter), nil
}

// nest makes a command run in a namespace with a table of its own.
func nest(cmd *exec.Cmd, interpreter string) {
	cmd.Path = "/proc/self/exe" // though another may have taken its name
	cmd.Args = append([]string{"ziobuild"}, cmd.Args...)
	cmd.Env = append(cmd.Env, Helper+"="+interpreter)
	uid, gid, n := os.Geteuid(), os.Getegid(), 1
	if uid == 0 {
		// All users: tests of root's change to others.
		gid, n = 0, 65536
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	a := cmd.SysProcAttr
	a.Cloneflags |= syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS
	a.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: n}}
	a.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: n}}
	a.GidMappingsEnableSetgroups = uid == 0
	a.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN}
}

// canNest reports whether this machine allows all that.
func canNest(interpreter string) bool {
	cmd := &exec.Cmd{Env: os.Environ()}
	nest(cmd, interpreter)
	return cmd.Run() == nil
}
