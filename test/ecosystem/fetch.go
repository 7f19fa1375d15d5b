package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/zio-go/zio/test/internal/suite"
)

// fetch puts an unchanged copy of a program into dir: the module cache is
// read-only, and tests write next to their sources.
func fetch(s *suite.Side, p program, dir string) error {
	var info struct{ Dir, Sum, Error string }
	out, err := goCommand(s, os.TempDir(), "mod", "download", "-json", p.module+"@"+p.version)
	if jerr := json.Unmarshal(out, &info); err == nil {
		err = jerr
	}
	if info.Error != "" {
		err = errors.New(info.Error)
	}
	if err == nil && info.Sum != p.sum {
		err = fmt.Errorf("got %s, want %s", info.Sum, p.sum)
	}
	if err != nil {
		return fmt.Errorf("%s@%s: %w", p.module, p.version, err)
	}
	if err := copyTree(dir, info.Dir); err != nil {
		return err
	}
	_, err = goCommand(s, dir, "mod", "download")
	return err
}

// testPackages returns the packages of a program that have tests.
func testPackages(s *suite.Side, p program, dir string) ([]string, error) {
	args := []string{"list", "-f", "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}"}
	for _, a := range p.args {
		if strings.HasPrefix(a, "-tags=") {
			args = append(args, a)
		}
	}
	out, err := goCommand(s, dir, append(args, p.packages...)...)
	return strings.Fields(string(out)), err
}

func goCommand(s *suite.Side, dir string, args ...string) ([]byte, error) {
	cmd := exec.Command(s.Go, args...)
	cmd.Dir = dir
	cmd.Env = s.Env()
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return out, err
}

// copyTree copies the folder src to dst, and makes the copy writable.
func copyTree(dst, src string) error {
	return filepath.WalkDir(src, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(src, path)
		if err != nil {
			return err
		}
		to := filepath.Join(dst, rel)
		if d.IsDir() {
			return os.MkdirAll(to, 0o777)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		// Some tests want configuration files that only the owner reads.
		return os.WriteFile(to, data, info.Mode().Perm()|0o200)
	})
}

// countLines returns how many lines of Go a tree has, besides tests.
func countLines(dir string) (n int, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		n += bytes.Count(data, []byte("\n"))
		return err
	})
	return n, err
}
