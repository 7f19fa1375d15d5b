package goroot

import (
	"os"
	"os/exec"
	"path/filepath"

	"github.com/zio-go/zio/cmd/ziobuild/internal/base"
)

// A Scratch is a GOROOT to try a part of the series in, with the base
// release's own commands. It has a build cache of its own.
type Scratch struct {
	base  *base.Tree
	pl    placer
	cache string
	laid  map[string]bool // files that differ from the base
}

// NewScratch makes a scratch tree of the base release in dir.
func NewScratch(dir string, t *base.Tree) (*Scratch, error) {
	s := &Scratch{base: t, pl: placer{root: filepath.Join(dir, "goroot"), noLink: t.Mutable}, cache: filepath.Join(dir, "gocache"), laid: make(map[string]bool)}
	for _, f := range t.Files {
		if err := s.pl.place(f.Path, f.Src, f.Exec); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Lay makes the tree the base release with these files in place of its own.
func (s *Scratch) Lay(files map[string][]byte) error {
	for path := range s.laid {
		if _, ok := files[path]; ok {
			continue
		}
		name := filepath.Join(s.pl.root, filepath.FromSlash(path))
		if err := os.Remove(name); err != nil {
			return err
		}
		if f, ok := s.base.Lookup(path); ok {
			if err := s.pl.place(path, f.Src, f.Exec); err != nil {
				return err
			}
		}
		delete(s.laid, path)
	}
	for path, data := range files {
		name := filepath.Join(s.pl.root, filepath.FromSlash(path))
		if old, err := os.ReadFile(name); err == nil && string(old) == string(data) {
			s.laid[path] = true
			continue
		}
		if err := s.pl.write(path, data, 0o444); err != nil {
			return err
		}
		s.laid[path] = true
	}
	return nil
}

// Go returns a command that runs the tree's go.
func (s *Scratch) Go(env []string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.pl.root, filepath.FromSlash(goCmd())), args...)
	cmd.Dir = filepath.Join(s.pl.root, "src")
	cmd.Env = append(cleanEnv(env), "GOTOOLCHAIN=local", "GOENV=off", "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "GOCACHE="+s.cache, "PWD="+cmd.Dir)
	return cmd
}
