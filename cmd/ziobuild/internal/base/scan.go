package base

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// A Tree is a base release on disk whose content has been checked.
type Tree struct {
	Dir   string
	Files []File // sorted by Path

	// Mutable is set for a GOROOT outside of the module cache, which its owner
	// may change at any time: its files must be copied, not linked.
	Mutable bool
}

// A File is one file of the base release.
type File struct {
	Path   string // slash-separated, as in a GOROOT
	Src    string // absolute name on disk
	Size   int64
	SHA256 string // hex
	Exec   bool   // must be executable

	module string // slash-separated, as in the toolchain module
}

// Scan reads and hashes the tree at dir, which may be the extracted toolchain
// module or an unpacked release archive, and compares it with the pinned hash.
// The function step is called with the number of files done and in all.
//
// The module names each go.mod file _go.mod, because a module must not contain
// other modules; the go command copies them back the first time that it uses
// the toolchain. Both forms have to give the hash of the module.
func Scan(dir string, pin *Pin, platform string, step func(done, all int)) (*Tree, error) {
	want, err := pin.Hash(platform)
	if err != nil {
		return nil, err
	}
	t := &Tree{Dir: dir}
	if t.Files, err = list(dir, platform); err != nil {
		return nil, err
	}
	if err := hashFiles(t.Files, step); err != nil {
		return nil, err
	}
	if got := t.hash1(pin.Module(platform)); got != want {
		return nil, &HashError{Dir: dir, Release: pin.Release, Want: want, Got: got, Files: len(t.Files)}
	}
	slices.SortFunc(t.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return t, nil
}

// A HashError reports a tree that is not the pinned release.
type HashError struct {
	Dir, Release, Want, Got string
	Files                   int
}

func (e *HashError) Error() string {
	return fmt.Sprintf("%s in %s (%d files) does not match its pinned hash\n\texpected: %s\n\tfound:    %s\n"+
		"\tthe copy is damaged, incomplete or was edited: remove that folder (chmod -R u+w it first) and run 'ziobuild setup' again",
		e.Release, e.Dir, e.Files, e.Want, e.Got)
}

// list walks the tree and maps names.
func list(dir, platform string) ([]File, error) {
	_, err := os.Stat(filepath.Join(dir, "src", "_go.mod"))
	isModule := err == nil
	toolDir := "pkg/tool/" + strings.Replace(platform, "-", "_", 1) + "/"
	var files []File
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if skipDir(rel) {
				return filepath.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s is not a regular file", name)
		}
		f := File{Path: rel, module: rel, Src: name, Exec: isExec(rel)}
		switch base := path.Base(rel); {
		case base == "_go.mod":
			f.Path = path.Join(path.Dir(rel), "go.mod")
		case base == "go.mod" && isModule:
			return nil // the go command's copy of _go.mod
		case base == "go.mod":
			f.module = path.Join(path.Dir(rel), "_go.mod")
		case strings.HasPrefix(rel, "pkg/tool/") && !strings.HasPrefix(rel, toolDir):
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		f.Size = info.Size()
		files = append(files, f)
		return nil
	})
	return files, err
}

// skipDir names the folders that a release archive has and the module has not.
func skipDir(rel string) bool {
	switch rel {
	case "api", "doc", "misc", "test", ".git":
		return true
	}
	if sub, ok := strings.CutPrefix(rel, "pkg/"); ok {
		top, _, _ := strings.Cut(sub, "/")
		return top != "include" && top != "tool"
	}
	return false
}

// isExec mirrors cmd/distpack's rule: files in a module have no mode bits.
func isExec(rel string) bool {
	if strings.HasPrefix(rel, "bin/") || strings.HasPrefix(rel, "pkg/tool/") {
		return true
	}
	switch path.Ext(rel) {
	case ".bash", ".sh", ".pl", ".rc":
		return true
	}
	ok, _ := path.Match("go_?*_?*_exec", path.Base(rel))
	return ok
}

// hashFiles fills in SHA256, on all processors: the tree is 250 MB.
func hashFiles(files []File, step func(done, all int)) error {
	var next, done atomic.Int64
	var mu sync.Mutex
	var first error
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			buf := make([]byte, 256<<10)
			for {
				i := int(next.Add(1)) - 1
				if i >= len(files) {
					return
				}
				sum, err := hashFile(files[i].Src, buf)
				if err != nil {
					mu.Lock()
					if first == nil {
						first = err
					}
					mu.Unlock()
					return
				}
				files[i].SHA256 = sum
				if n := done.Add(1); n%256 == 0 && step != nil {
					mu.Lock()
					step(int(n), len(files))
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return first
}

func hashFile(name string, buf []byte) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{f}, buf); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// hash1 computes the "h1:" hash of a module: the hash of the sorted list of
// the hashes and names of its files, as in go.sum.
func (t *Tree) hash1(module string) string {
	byModule := slices.Clone(t.Files)
	slices.SortFunc(byModule, func(a, b File) int { return strings.Compare(a.module, b.module) })
	h := sha256.New()
	for _, f := range byModule {
		fmt.Fprintf(h, "%s  %s/%s\n", f.SHA256, module, f.module)
	}
	return "h1:" + base64.StdEncoding.EncodeToString(h.Sum(nil))
}
