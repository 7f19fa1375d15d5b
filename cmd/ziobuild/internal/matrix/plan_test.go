package matrix

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/zio-go/zio/cmd/ziobuild/internal/ports"
)

func names(jobs []*Job) string {
	var list []string
	for _, j := range jobs {
		list = append(list, j.Name())
	}
	return strings.Join(list, "\n")
}

func TestFilter(t *testing.T) {
	for _, c := range []struct {
		f    Filter
		want string
	}{
		{Filter{Run: "s390x", Runner: "qemu-*"}, "linux/s390x qemu-user\nlinux/s390x qemu-system 6.1-s390x\nlinux/s390x qemu-system 6.12-s390x\nlinux/s390x qemu-system newest-s390x"},
		{Filter{Run: "linux/mips", Runner: "qemu-user"}, "linux/mips qemu-user\nlinux/mips GOMIPS=softfloat qemu-user"},
		{Filter{Run: "linux/arm:GOARM=[56]", Runner: "qemu-user"}, "linux/arm GOARM=5 qemu-user\nlinux/arm GOARM=6 qemu-user"},
		{Filter{Run: "linux/arm64", Kernel: "6.1*-16K,5.*"}, "linux/arm64 qemu-system 5.10-arm64\nlinux/arm64 qemu-system 6.12-arm64-16K"},
		{Filter{Run: "linux/amd64,linux/386", Runner: "native", Host: "linux/amd64"}, "linux/386 native\nlinux/386 GO386=softfloat native\nlinux/amd64 native\nlinux/amd64 GOAMD64=v3 native"},
		{Filter{Run: "amd64", Runner: "native", Host: "linux/arm64"}, ""},
		{Filter{Run: "wasm", Short: true}, "js/wasm wasm\nwasip1/wasm wasm"},
		{Filter{Run: "linux/arm:GOARM=5", Short: true}, "linux/arm GOARM=5 qemu-user\nlinux/arm GOARM=5 qemu-system 6.1-armhf"},
		{Filter{Run: "linux/arm64", Kernel: "6.12-*K", Short: true}, "linux/arm64 qemu-system 6.12-arm64-16K"},
		{Filter{Run: "linux/arm64", Runner: "qemu-system", Short: true}, "linux/arm64 qemu-system 6.1-arm64"},
		{Filter{Run: "plan9/386"}, "plan9/386 compile"},
	} {
		c.f.Runner = strings.ReplaceAll(c.f.Runner, "qemu-*", "qemu-user,qemu-system")
		if err := c.f.Check(); err != nil {
			t.Error(err)
		}
		if got := names(Plan(c.f)); got != c.want {
			t.Errorf("%+v:\n%s\nwant\n%s", c.f, got, c.want)
		}
	}
}

func TestBadFilter(t *testing.T) {
	for _, c := range []struct {
		f    Filter
		want string
	}{
		{Filter{Run: "linux/["}, "-run"},
		{Filter{Kernel: "["}, "-kernel"},
		{Filter{Runner: "qemu"}, `there is no "qemu": use native, qemu-user`},
	} {
		if err := c.f.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.f, err)
		}
	}
}

// Every port is in the plan, and the short plan has every linux port twice where
// a machine for it exists.
func TestPlanIsWhole(t *testing.T) {
	all, short := "\n"+names(Plan(Filter{}))+"\n", "\n"+names(Plan(Filter{Short: true}))+"\n"
	for _, p := range ports.Table {
		if !strings.Contains(all, "\n"+p.Name()+" compile\n") {
			t.Errorf("%s is not compiled", p.Name())
		}
		if p.GOOS != "linux" {
			continue
		}
		if !strings.Contains(short, "\n"+p.Name()+" qemu-user\n") {
			t.Errorf("%s is not in the short matrix under qemu-user", p.Name())
		}
		if len(p.Guests) > 0 && !strings.Contains(short, "\n"+p.Name()+" qemu-system ") {
			t.Errorf("%s is not in the short matrix with a ring", p.Name())
		}
	}
}

// The list for GitHub covers the plan: its arguments choose exactly the jobs that
// the plan has.
func TestGitHub(t *testing.T) {
	jobs := Plan(Filter{Host: "linux/amd64"})
	var b bytes.Buffer
	if err := WriteGitHub(&b, jobs); err != nil {
		t.Fatal(err)
	}
	var list struct{ Include []githubJob }
	if err := json.Unmarshal(b.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, g := range list.Include {
		f := strings.Fields(g.Args)
		if len(f) != 4 || f[0] != "-run" || f[2] != "-runner" || g.Tier < 1 || g.Tier > 3 {
			t.Fatalf("element %+v", g)
		}
		for _, j := range Plan(Filter{Run: f[1], Runner: f[3], Host: "linux/amd64"}) {
			seen[j.Name()]++
		}
	}
	for _, j := range jobs {
		if seen[j.Name()] != 1 {
			t.Errorf("%s is in %d elements", j.Name(), seen[j.Name()])
		}
	}
	if len(seen) != len(jobs) {
		t.Errorf("%d jobs in the list, %d in the plan", len(seen), len(jobs))
	}
}
