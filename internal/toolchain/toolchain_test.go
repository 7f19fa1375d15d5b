package toolchain

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCheckout(t *testing.T) {
	root, err := Checkout()
	if err != nil {
		t.Fatal(err)
	}
	if r, err := Release(root); err != nil || !strings.HasPrefix(r, "go1.") {
		t.Errorf("release %q, %v", r, err)
	}
	t.Chdir(t.TempDir())
	if _, err := Checkout(); err == nil || !strings.Contains(err.Error(), "inside the checkout") {
		t.Errorf("outside: %v", err)
	}
	if err := os.WriteFile("GOBASE", []byte("# release go1.0\nhash a h1:b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	dir, _ := filepath.Abs(".")
	if _, err := Release(dir); err == nil {
		t.Error("no error without a release line")
	}
}

func TestEnv(t *testing.T) {
	t.Setenv("GOFLAGS", "-v")
	t.Setenv("GOFLAGSX", "kept")
	env := Env("GOFLAGS")
	if slices.Contains(env, "GOFLAGS=-v") || !slices.Contains(env, "GOFLAGSX=kept") {
		t.Error(env)
	}
}
