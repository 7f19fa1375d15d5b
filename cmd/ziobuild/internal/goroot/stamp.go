package goroot

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Files that the assembly adds to the root of the tree.
const (
	revFile      = "zio.rev"      // "zio REV TOOLKEY", read by the patched go command
	stampFile    = "zio.stamp"    // written last; lists what each run checks
	manifestFile = "zio.manifest" // hash of every file; 'ziobuild doctor' checks it
)

// ErrMissing means that the tree has not been assembled.
var ErrMissing = errors.New("not assembled")

// An EditedError names a file of the assembled tree that is not as assembled.
type EditedError struct{ Root, File, What string }

func (e *EditedError) Error() string {
	return fmt.Sprintf("the assembled GOROOT was changed: %s %s\n"+
		"\t'ziobuild setup -force' assembles it anew (a change that you want to keep belongs into a patch: 'ziobuild patch edit DIR')",
		filepath.Join(e.Root, filepath.FromSlash(e.File)), e.What)
}

// writeStamp records size and time of the files in paths.
func writeStamp(root, key string, paths []string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "ziobuild %s\n", key)
	for _, p := range paths {
		fi, err := os.Lstat(filepath.Join(root, filepath.FromSlash(p)))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%d %d %s\n", fi.Size(), fi.ModTime().UnixNano(), p)
	}
	return os.WriteFile(filepath.Join(root, stampFile), b.Bytes(), 0o444)
}

// Check reports whether root is the whole tree of that key and whether the
// files that make it ours are untouched, as far as size and time can tell.
// Every run pays for it, so it stats some dozens of files and reads one.
func Check(root, key string) error {
	data, err := os.ReadFile(filepath.Join(root, stampFile))
	if errors.Is(err, fs.ErrNotExist) {
		return ErrMissing
	}
	if err != nil {
		return err
	}
	sc := bufio.NewScanner(bytes.NewReader(data))
	if !sc.Scan() || sc.Text() != "ziobuild "+key {
		return &EditedError{root, stampFile, "is not the stamp of " + key}
	}
	for sc.Scan() {
		var size, mtime int64
		var name string
		if _, err := fmt.Sscanf(sc.Text(), "%d %d %s", &size, &mtime, &name); err != nil {
			return &EditedError{root, stampFile, "is damaged"}
		}
		fi, err := os.Lstat(filepath.Join(root, filepath.FromSlash(name)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return &EditedError{root, name, "is gone"}
		case err != nil:
			return err
		case fi.Size() != size || fi.ModTime().UnixNano() != mtime:
			return &EditedError{root, name, "was edited"}
		}
	}
	return sc.Err()
}

// Verify compares every file of the tree with the manifest.
func Verify(root string, step func(done, all int)) error {
	data, err := os.ReadFile(filepath.Join(root, manifestFile))
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for i, line := range lines {
		sum, name, ok := strings.Cut(line, "  ")
		if !ok {
			return &EditedError{root, manifestFile, "is damaged"}
		}
		got, err := sumFile(filepath.Join(root, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			return &EditedError{root, name, "is gone"}
		}
		if err != nil {
			return err
		}
		if got != sum {
			return &EditedError{root, name, "was edited"}
		}
		if step != nil && i%256 == 0 {
			step(i, len(lines))
		}
	}
	return nil
}

// WriteRev writes the file from which the go command knows its revision.
func WriteRev(root, rev, toolKey string) error {
	return os.WriteFile(filepath.Join(root, revFile), []byte("zio "+rev+" "+toolKey+"\n"), 0o644)
}
