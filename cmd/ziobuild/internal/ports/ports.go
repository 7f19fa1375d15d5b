// Package ports is the table of the ports: every GOOS and GOARCH that the base
// has, the variants that matter, and how each can be run on a linux machine. There
// is no other list of ports.
package ports

import (
	"slices"
	"strings"
)

// A Port is a GOOS and GOARCH.
type Port struct {
	GOOS, GOARCH string

	// Tier says when the port is looked at: 1 with every commit, 2 each night,
	// 3 only that it builds.
	Tier int

	// Variants are settings that change what is compiled. The port without any
	// is always there.
	Variants []Variant

	User   string  // name of QEMU's user emulator, as in qemu-User; "" if there is none
	Guests []Guest // machines of QEMU that run it
	Wasm   string  // the host of a wasm port: "node" or "wazero"
	Wine   bool    // Wine runs it
}

// A Variant is a setting of the compiler, such as GOARM=5.
type Variant struct {
	Env  string
	User string // -cpu of the user emulator; "" if its default will do
}

// A Guest is a machine with a kernel on which a port is run.
type Guest struct {
	Machine string // a key of Machines
	Kernel  string // a key of Kernels
	Short   bool   // part of the short matrix
}

// A Machine is how QEMU is started.
type Machine struct {
	QEMU    string   // as in qemu-system-QEMU
	Args    []string // the machine; without kernel, disks and network
	Console string   // name of the console's device in the guest
	Append  string   // more for the kernel's command line
}

// A Kernel is a package of Debian, or what a script makes.
type Kernel struct {
	Version string // the beginning of uname -r, or Newest
	Suite   string // bullseye, bookworm, trixie, sid; "" if scripts/kernel.sh builds it
	Arch    string // Debian's name of the architecture, or that of the script
	Package string // the package that depends on the newest image
	Page    string // size of a page, if it is not what Go's users expect (4K)
}

// Built reports whether a kernel comes from scripts/kernel.sh.
func (k Kernel) Built() bool { return k.Suite == "" }

// Name returns GOOS/GOARCH.
func (p *Port) Name() string { return p.GOOS + "/" + p.GOARCH }

// AllVariants returns the port as it is, then its variants.
func (p *Port) AllVariants() []Variant { return append([]Variant{{}}, p.Variants...) }

// Newest is the version of kernels that follow Debian's unstable suite.
const Newest = "newest"

// Name returns version, architecture and, where it is special, page size of the
// guest's kernel, as in 6.12-arm64-16K.
func (g Guest) Name() string {
	k := Kernels[g.Kernel]
	name := k.Version + "-" + k.Arch
	if k.Page != "" {
		name += "-" + k.Page
	}
	return name
}

// Env returns the variables of the go command that choose the port.
func (p *Port) Env(v Variant) []string {
	env := []string{"GOOS=" + p.GOOS, "GOARCH=" + p.GOARCH}
	if v.Env != "" {
		env = append(env, v.Env)
	}
	return env
}

// DropEnv are the names of the variables that choose a port or change what it is
// compiled to, which the user's environment must not decide.
func DropEnv() []string {
	names := []string{"GOOS", "GOARCH"}
	for _, p := range Table {
		for _, v := range p.Variants {
			if name, _, _ := strings.Cut(v.Env, "="); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
