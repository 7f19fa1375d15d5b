// Package kernel has what a guest of QEMU boots: kernels of Debian, and an initramfs
// with an init of our own.
package kernel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/zio-go/zio/cmd/ziobuild/internal/filelock"
	"github.com/zio-go/zio/cmd/ziobuild/internal/ports"
)

// A Store keeps files of Debian packages in a folder. They are fetched by apt, which
// checks their signatures, with a state of its own: nothing is installed, and no
// root is needed.
type Store struct {
	Dir    string
	Mirror string // URL of Debian's archive; "" is the one that apt uses here
}

// An Image is a kernel that QEMU can boot.
type Image struct {
	File    string
	Release string // what uname -r will say
}

// Tools are the programs that a store needs.
var Tools = []string{"apt-get", "apt-cache", "dpkg-deb"}

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// Kernel returns the newest kernel of a package, as of its first use on this machine.
func (s *Store) Kernel(ctx context.Context, k ports.Kernel) (*Image, error) {
	if k.Built() {
		release, err := os.ReadFile(filepath.Join(s.built(k), "release"))
		if err != nil {
			return nil, fmt.Errorf("scripts/kernel.sh %s builds it", k.Arch)
		}
		return &Image{File: filepath.Join(s.built(k), "image"), Release: strings.TrimSpace(string(release))}, nil
	}
	dir := filepath.Join(s.Dir, k.Suite+"-"+k.Arch+"-"+k.Package)
	var img Image
	err := s.once(dir, &img, func(tmp string) error {
		name, err := s.concrete(ctx, k)
		if err != nil {
			return err
		}
		if err := s.unpack(ctx, k.Suite, k.Arch, name, tmp); err != nil {
			return err
		}
		file, err := findImage(tmp)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		img.Release = releaseOf(file)
		if !strings.HasPrefix(img.Release, k.Version+".") && k.Version != ports.Newest {
			return fmt.Errorf("%s of %s is %s, not %s", k.Package, k.Suite, img.Release, k.Version)
		}
		if err := bootable(file, filepath.Join(tmp, "image")); err != nil {
			return err
		}
		img.File = filepath.Join(dir, "image")
		return nil
	})
	return &img, err
}

// built is where scripts/kernel.sh leaves a kernel, its release and a busybox.
func (s *Store) built(k ports.Kernel) string { return filepath.Join(s.Dir, "built-"+k.Arch) }

// Busybox returns a busybox for the guests of a kernel.
func (s *Store) Busybox(ctx context.Context, k ports.Kernel) (string, error) {
	if k.Built() {
		return filepath.Join(s.built(k), "busybox"), nil
	}
	return s.file(ctx, k.Suite, k.Arch, "busybox-static", "busybox")
}

// file returns a file of a package, by its base name: which folder it is in depends on
// the suite.
func (s *Store) file(ctx context.Context, suite, arch, pkg, name string) (string, error) {
	dir := filepath.Join(s.Dir, suite+"-"+arch+"-"+pkg)
	var file string
	err := s.once(dir, &file, func(tmp string) error {
		if err := s.unpack(ctx, suite, arch, pkg, tmp); err != nil {
			return err
		}
		for _, folder := range []string{"bin", "usr/bin"} {
			from := filepath.Join(tmp, "root", folder, name)
			if fi, err := os.Lstat(from); err == nil && fi.Mode().IsRegular() {
				file = filepath.Join(dir, "file")
				return os.Rename(from, filepath.Join(tmp, "file"))
			}
		}
		return fmt.Errorf("%s of %s for %s has no %s", pkg, suite, arch, name)
	})
	return file, err
}

// once makes a folder by f, unless it is there, and keeps what f leaves in v with it.
// The packages themselves are not kept.
func (s *Store) once(dir string, v any, f func(tmp string) error) error {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return err
	}
	lock, err := filelock.Acquire(dir+".lock", func() {})
	if err != nil {
		return err
	}
	defer lock.Release()
	note := filepath.Join(dir, "note.json")
	if data, err := os.ReadFile(note); err == nil {
		return json.Unmarshal(data, v)
	}
	tmp, err := os.MkdirTemp(s.Dir, "tmp-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := f(tmp); err != nil {
		return err
	}
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, "note.json"), data, 0o644); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(tmp, "root")); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	return os.Rename(tmp, dir)
}

// mirror returns the URL of Debian's archive.
func (s *Store) mirror(ctx context.Context) (string, error) {
	if s.Mirror != "" {
		return s.Mirror, nil
	}
	out, err := exec.CommandContext(ctx, "apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian").Output()
	url, _, _ := strings.Cut(string(out), "\n")
	if err != nil || url == "" {
		return "", errors.New("apt knows no mirror of Debian here: run apt-get update, or set ZIOBUILD_DEBIAN to the URL of one")
	}
	return strings.TrimRight(url, "/"), nil
}

// options are those that give apt a state of its own for a suite and an architecture.
func (s *Store) options(ctx context.Context, suite, arch string) ([]string, error) {
	mirror, err := s.mirror(ctx)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(s.Dir, "apt", suite+"-"+arch)
	for _, d := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	source := fmt.Sprintf("deb [arch=%s signed-by=%s] %s %s main\n", arch, keyring, mirror, suite)
	for name, data := range map[string]string{"sources.list": source, "status": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			return nil, err
		}
	}
	var opts []string
	for _, o := range []string{
		"APT::Architecture=" + arch, "APT::Architectures::=" + arch, "APT::Sandbox::User=",
		"Dir::State::status=" + dir + "/status", "Dir::State::lists=" + dir + "/lists", "Dir::Cache=" + dir + "/cache",
		"Dir::Etc::sourcelist=" + dir + "/sources.list", "Dir::Etc::sourceparts=-", "Dir::Etc::preferences=-", "Dir::Etc::preferencesparts=-",
		"Acquire::Languages=none", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
		"Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false", "APT::Update::Error-Mode=any",
	} {
		opts = append(opts, "-o", o)
	}
	return opts, nil
}

// apt runs a command of apt.
func (s *Store) apt(ctx context.Context, suite, arch, dir, name string, args ...string) (string, error) {
	opts, err := s.options(ctx, suite, arch)
	if err != nil {
		return "", err
	}
	return run(ctx, dir, name, append(opts, args...)...)
}

func run(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}

// update fetches the list of packages, once for a suite and an architecture and this
// process.
func (s *Store) update(ctx context.Context, suite, arch string) error {
	if _, err := os.Stat(keyring); err != nil {
		return fmt.Errorf("%w: install debian-archive-keyring", err)
	}
	lock, err := filelock.Acquire(filepath.Join(s.Dir, "apt-"+suite+"-"+arch+".lock"), func() {})
	if err != nil {
		return err
	}
	defer lock.Release()
	_, err = s.apt(ctx, suite, arch, s.Dir, "apt-get", "-qq", "update")
	if err != nil {
		return fmt.Errorf("the list of %s for %s cannot be had: %w", suite, arch, err)
	}
	return nil
}

// concrete returns the package that holds the image that a package stands for.
func (s *Store) concrete(ctx context.Context, k ports.Kernel) (string, error) {
	if err := s.update(ctx, k.Suite, k.Arch); err != nil {
		return "", err
	}
	name := k.Package
	// linux-image-arm64 depends on linux-image-VERSION-arm64, and newer ones of these
	// on linux-binary-VERSION-arm64.
	for range 3 {
		out, err := s.apt(ctx, k.Suite, k.Arch, s.Dir, "apt-cache", "depends", "--important", name)
		if err != nil {
			return "", err
		}
		next := ""
		for line := range strings.Lines(out) {
			dep, ok := strings.CutPrefix(strings.TrimSpace(line), "Depends: ")
			if ok && (strings.HasPrefix(dep, "linux-image-") || strings.HasPrefix(dep, "linux-binary-")) {
				next = dep
			}
		}
		if next == "" {
			break
		}
		name = next
	}
	if name == k.Package {
		return "", fmt.Errorf("%s has no package %s for %s", k.Suite, name, k.Arch)
	}
	return name, nil
}

// unpack fetches a package and unpacks it into dir/root.
func (s *Store) unpack(ctx context.Context, suite, arch, pkg, dir string) error {
	if err := s.update(ctx, suite, arch); err != nil {
		return err
	}
	if _, err := s.apt(ctx, suite, arch, dir, "apt-get", "-qq", "download", pkg); err != nil {
		return err
	}
	debs, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil || len(debs) != 1 {
		return fmt.Errorf("apt-get download %s left %d packages (%v)", pkg, len(debs), err)
	}
	defer os.Remove(debs[0])
	_, err = run(ctx, dir, "dpkg-deb", "-x", debs[0], "root")
	return err
}

// findImage finds the kernel in an unpacked package.
func findImage(dir string) (string, error) {
	for _, glob := range []string{"boot/vmlinu[xz]-*", "usr/lib/modules/*/vmlinu[xz]"} {
		files, err := filepath.Glob(filepath.Join(dir, "root", glob))
		if err == nil && len(files) == 1 {
			return files[0], nil
		}
	}
	return "", errors.New("no kernel in the package")
}

// releaseOf returns the release from an image's name.
func releaseOf(file string) string {
	name := filepath.Base(file)
	if _, release, ok := strings.Cut(name, "-"); ok {
		return release
	}
	return filepath.Base(filepath.Dir(file))
}
