package ports

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/zio-go/zio/internal/toolchain"
)

// The table and the base release know the same ports, in the same order.
func TestTable(t *testing.T) {
	var have []string
	for _, p := range Table {
		have = append(have, p.Name())
	}
	want := distList(t)
	for _, name := range want {
		if !slices.Contains(have, name) {
			t.Errorf("the base has %s, the table has not", name)
		}
	}
	for _, name := range have {
		if !slices.Contains(want, name) {
			t.Errorf("the table has %s, the base has not", name)
		}
	}
	if !t.Failed() && !slices.Equal(have, want) {
		t.Errorf("the order differs:\n%v\n%v", have, want)
	}
}

func distList(t *testing.T) []string {
	if testing.Short() {
		t.Skip("needs the base release")
	}
	checkout, err := toolchain.Checkout()
	if err != nil {
		t.Fatal(err)
	}
	release, err := toolchain.Release(checkout)
	if err != nil {
		t.Fatal(err)
	}
	root, err := toolchain.Fetch(release)
	if err != nil {
		if os.Getenv("ZIO_REQUIRE") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	cmd := exec.Command(root+"/bin/go", "tool", "dist", "list")
	cmd.Env = append(toolchain.Env("GOROOT", "GOTOOLCHAIN", "GOFLAGS"), "GOTOOLCHAIN=local")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

// A variant is of the architecture's own variable, which the go command knows.
func TestVariants(t *testing.T) {
	for _, p := range Table {
		for _, v := range p.Variants {
			name, value, _ := strings.Cut(v.Env, "=")
			if want := "GO" + strings.ToUpper(strings.TrimSuffix(p.GOARCH, "le")); name != want || value == "" {
				t.Errorf("%s: variant %s, not of %s", p.Name(), v.Env, want)
			}
			cmd := exec.Command(toolchain.Host(), "list", "-f", "{{.Name}}", "unsafe")
			cmd.Env = append(toolchain.Env(DropEnv()...), p.Env(v)...)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %s: %v\n%s", p.Name(), v.Env, err, out)
			}
		}
	}
}

// Every linux port can be run, every guest names a machine and a kernel, and
// nothing is in the tables that no guest uses.
func TestGuests(t *testing.T) {
	machines, kernels := map[string]bool{}, map[string]bool{}
	for _, p := range Table {
		if (p.GOOS == "linux") != (p.User != "") {
			t.Errorf("%s: user emulator %q", p.Name(), p.User)
		}
		if p.GOOS != "linux" && len(p.Guests) > 0 {
			t.Errorf("%s: guests of linux", p.Name())
		}
		if p.Tier < 1 || p.Tier > 3 || (p.Tier < 3) != (p.User != "" || p.Wasm != "" || p.Wine) {
			t.Errorf("%s: tier %d, and it can be run is another matter", p.Name(), p.Tier)
		}
		names := map[string]bool{}
		for _, g := range p.Guests {
			machines[g.Machine], kernels[g.Kernel] = true, true
			if k := Kernels[g.Kernel]; Machines[g.Machine].QEMU == "" || k.Arch == "" || k.Built() != (k.Package == "") {
				t.Errorf("%s: no machine %q or no kernel %q", p.Name(), g.Machine, g.Kernel)
			}
			if names[g.Name()] {
				t.Errorf("%s: two guests %s", p.Name(), g.Name())
			}
			names[g.Name()] = true
		}
	}
	script, err := os.ReadFile("../../../../scripts/kernel.sh")
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range Kernels {
		if k.Built() && !strings.Contains(string(script), "\n\t"+k.Arch+") ") && !strings.Contains(string(script), "\n\t"+k.Arch+")\n") {
			t.Errorf("scripts/kernel.sh has no settings for %s", name)
		}
	}
	for name := range Machines {
		if !machines[name] {
			t.Errorf("no port uses the machine %s", name)
		}
	}
	for name := range Kernels {
		if !kernels[name] {
			t.Errorf("no port uses the kernel %s", name)
		}
	}
}
