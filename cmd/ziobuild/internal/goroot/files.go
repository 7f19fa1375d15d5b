package goroot

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A placer puts files into a tree, as hard links while the file system allows.
type placer struct {
	root   string
	noLink bool
	made   map[string]bool
}

// mkdir makes the folder of a file and returns the file's name on disk.
func (pl *placer) mkdir(path string) (string, error) {
	name := filepath.Join(pl.root, filepath.FromSlash(path))
	dir := filepath.Dir(name)
	if pl.made[dir] {
		return name, nil
	}
	if pl.made == nil {
		pl.made = make(map[string]bool)
	}
	pl.made[dir] = true
	return name, os.MkdirAll(dir, 0o755)
}

// place puts a base file into the tree.
//
// A link shares its mode bits with the module cache, where the files of a
// toolchain that was never run are not executable yet: those are copied.
func (pl *placer) place(path, src string, exec bool) error {
	name, err := pl.mkdir(path)
	if err != nil {
		return err
	}
	if !pl.noLink {
		link := true
		if exec {
			fi, err := os.Stat(src)
			if err != nil {
				return err
			}
			link = fi.Mode()&0o100 != 0
		}
		if link {
			if os.Link(src, name) == nil {
				return nil
			}
			// Another file system, or one without links: copy from here on.
			pl.noLink = true
		}
	}
	return copyFile(name, src, perm(exec))
}

// replace puts an executable file in the place of the one that is there.
func (pl *placer) replace(path, src string) error {
	name, err := pl.mkdir(path)
	if err != nil {
		return err
	}
	os.Remove(name)
	return pl.place(path, src, true)
}

// write puts a file with new content into the tree. It removes what is there
// first, because that can be a link to the file in the module cache.
func (pl *placer) write(path string, data []byte, perm os.FileMode) error {
	name, err := pl.mkdir(path)
	if err != nil {
		return err
	}
	os.Remove(name)
	if err := os.WriteFile(name, data, perm); err != nil {
		return err
	}
	return nil
}

func perm(exec bool) os.FileMode {
	if exec {
		return 0o555
	}
	return 0o444
}

func copyFile(dst, src string, perm os.FileMode) (err error) {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	os.Remove(dst)
	out, err := os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := out.Close(); err == nil {
			err = cerr
		}
	}()
	_, err = io.Copy(out, in)
	return err
}

func sumBytes(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func sumFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
