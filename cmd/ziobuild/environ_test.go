package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zio-go/zio/cmd/ziobuild/internal/goroot"
)

func TestCheckToolchain(t *testing.T) {
	for v, ok := range map[string]bool{
		"": true, "local": true, "auto": true, "local+auto": true, "local+path": true, "go1.27.3": true, "go1.27.3+auto": true, "path": true,
		"go1.27.4": false, "go1.27.30": false, "go1.26.0+auto": false, "go1.28": false,
	} {
		err := checkToolchain(v, "go1.27.3")
		if (err == nil) != ok {
			t.Errorf("GOTOOLCHAIN=%s: %v", v, err)
		}
		if err != nil && !strings.Contains(err.Error(), "unset GOTOOLCHAIN") {
			t.Errorf("GOTOOLCHAIN=%s: the error does not say what to do: %v", v, err)
		}
	}
}

func TestChildEnv(t *testing.T) {
	sep := string(filepath.ListSeparator)
	cache := goroot.Cache{Dir: t.TempDir()}
	root := filepath.Join(cache.Dir, "k")
	bin := filepath.Join(root, "bin")
	env := childEnv([]string{
		"A=1", "PATH=/a" + sep + bin + sep + "/b", "GOROOT=/old", "GOTOOLCHAIN=auto", "GOFLAGS=-v", "GODEBUG=zio=off",
	}, root, cache)
	want := []string{"A=1", "GOFLAGS=-v", "GODEBUG=zio=off", "PATH=" + bin + sep + "/a" + sep + "/b", "GOTOOLCHAIN=local"}
	if !slices.Equal(env, want) {
		t.Errorf("got %q\nwant %q", env, want)
	}
	// Once more, as for a nested run: nothing changes but the order.
	again := childEnv(env, root, cache)
	slices.Sort(env)
	slices.Sort(again)
	if !slices.Equal(env, again) {
		t.Errorf("a nested run changes the environment:\n%q\n%q", env, again)
	}
}

func TestBootstrapEnv(t *testing.T) {
	got := bootstrapEnv([]string{"GOFLAGS=-mod=vendor -modcacherw", "GOOS=plan9", "GODEBUG=zio=off", "GOPROXY=off", "X=y"})
	if want := []string{"GOFLAGS=-modcacherw", "GOPROXY=off", "X=y"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestInputsEmbedded: what go:embed carries is what the checkout holds, so
// that an installed ziobuild makes the tree that the checkout makes.
func TestInputsEmbedded(t *testing.T) {
	a := newApp(nil)
	read := func(dir string) *goroot.Inputs {
		in, err := goroot.ReadInputs(os.DirFS(dir), a.platform, nil)
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	checkout, err := findCheckout()
	if err != nil {
		t.Fatal(err)
	}
	in, embedded := read(checkout), embeddedInputs(t, a.platform)
	if in.Key() != embedded.Key() {
		for name := range in.Overlay {
			if _, ok := embedded.Overlay[name]; !ok {
				t.Errorf("%s is not embedded", name)
			}
		}
		t.Errorf("key of the checkout %s, embedded %s", in.Key(), embedded.Key())
	}
}
