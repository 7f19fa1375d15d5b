package suite

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// An overlay makes go test see a file that is not there.
type overlay struct {
	args []string // flags of go test
	dir  string
}

func (o *overlay) remove() {
	if o.dir != "" {
		os.RemoveAll(o.dir)
	}
}

// linkZio links package zio to the tests of a unit, on a side where goroutines are
// to be in a scope. An external test package may import what it likes.
func linkZio(s *Side, u *Unit) (*overlay, error) {
	o := &overlay{}
	if !strings.HasSuffix(s.Name, InScope) {
		return o, nil
	}
	cmd := exec.Command(s.Go, "list", "-f", "{{.Name}} {{.Dir}}", u.Package)
	cmd.Dir = u.Dir
	if cmd.Dir == "" {
		cmd.Dir = filepath.Join(s.GOROOT, "src")
	}
	cmd.Env, cmd.Stderr = s.Env(), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", u.Package, err)
	}
	name, dir, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if o.dir, err = os.MkdirTemp("", "zio-suite-"); err != nil {
		return nil, err
	}
	file, list := filepath.Join(o.dir, "import_test.go"), filepath.Join(o.dir, "overlay.json")
	content, err := json.Marshal(map[string]any{
		"Replace": map[string]string{filepath.Join(dir, "zio_import_test.go"): file},
	})
	if err == nil {
		err = os.WriteFile(file, []byte("package "+name+"_test\n\nimport _ \"zio\"\n"), 0o666)
	}
	if err == nil {
		err = os.WriteFile(list, content, 0o666)
	}
	if err != nil {
		o.remove()
		return nil, err
	}
	o.args = []string{"-overlay=" + list}
	return o, nil
}
