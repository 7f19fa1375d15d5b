package kernel

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Applets are the programs that tests start, links to busybox.
var applets = []string{
	"sh", "cat", "echo", "ls", "sleep", "true", "false", "pwd", "env", "mkdir", "rm", "head", "sort", "uname", "date", "id",
	"whoami", "mkfifo", "test", "dd", "chmod", "wc", "tr", "kill", "ps", "touch", "mv", "cp", "ln", "grep", "sed", "seq", "yes", "printf", "stty", "tty", "mount", "umount", "hostname",
}

// System adds what every guest has: init, busybox and a few files of /etc.
func (a *Archive) System(init, busybox string) {
	for _, d := range []string{"proc", "sys", "dev", "tmp", "etc", "bin", "usr", "usr/bin"} {
		a.Dir(d, 0o755)
	}
	a.Device("dev/console", 0o600, 5, 1)
	a.Device("dev/null", 0o666, 1, 3)
	a.Copy("init", 0o755, init)
	a.Copy("bin/busybox", 0o755, busybox)
	for _, name := range applets {
		a.Link("bin/"+name, "busybox")
		a.Link("usr/bin/"+name, "/bin/busybox")
	}
	for name, text := range map[string]string{
		"hosts":       "127.0.0.1 localhost guest\n::1 localhost ip6-localhost\n",
		"passwd":      "root:x:0:0:root:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n",
		"group":       "root:x:0:\nnogroup:x:65534:\n",
		"resolv.conf": "nameserver 127.0.0.1\n",
		"services":    "domain 53/tcp\ndomain 53/udp\nhttp 80/tcp\nhttps 443/tcp\nssh 22/tcp\nftp 21/tcp\nsmtp 25/tcp\ntime 37/tcp\ntelnet 23/tcp\nftps 990/tcp\nsmtps 465/tcp\n",
		"protocols":   "icmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nipv6-icmp 58 IPv6-ICMP\n",
	} {
		a.File("etc/"+name, 0o644, []byte(text))
	}
}

// Tree adds a folder of this machine: its files, and its subfolder testdata. Of others
// there are the names.
func (a *Archive) Tree(name, from string) {
	a.Dir(name, 0o755)
	a.fail(filepath.WalkDir(from, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, file)
		if err != nil || rel == "." {
			return err
		}
		to := filepath.ToSlash(filepath.Join(name, rel))
		switch fi, err := d.Info(); {
		case err != nil:
			return err
		case d.IsDir() && filepath.Dir(rel) == "." && d.Name() != "testdata":
			a.Dir(to, 0o755)
			return fs.SkipDir
		case d.IsDir():
			a.Dir(to, 0o755)
		case d.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(file)
			if err != nil {
				return err
			}
			a.Link(to, target)
		case d.Type().IsRegular():
			a.Copy(to, uint32(fi.Mode().Perm()), file)
		}
		return nil
	}))
}
