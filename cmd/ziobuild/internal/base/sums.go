package base

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Hosts returns the platforms that a release has a port for and that could run
// a go command, from the release's own list.
func Hosts(release fs.FS) ([]string, error) {
	const name = "src/internal/platform/zosarch.go"
	src, err := fs.ReadFile(release, name)
	if err != nil {
		return nil, err
	}
	var hosts []string
	for _, m := range portRE.FindAllSubmatch(src, -1) {
		switch goos := string(m[1]); goos {
		case "android", "ios", "js", "wasip1", "nacl":
		default:
			hosts = append(hosts, goos+"-"+string(m[2]))
		}
	}
	if len(hosts) == 0 {
		return nil, fmt.Errorf("%s has no list of ports in the form that is known", name)
	}
	return hosts, nil
}

var portRE = regexp.MustCompile(`(?m)^\t\{"([a-z0-9]+)", "([a-z0-9]+)"\},$`)

// Sums asks the checksum database for the hash of a release's toolchain module
// on each platform. missing says why there is none for a platform; that Go ships
// none is the usual reason.
//
// It is the go command that asks and that checks the answer: it is shown a
// module proxy with an empty module of that name, refuses it, and says which
// hash it should have. So 75 MB a platform need not be fetched. The go
// command never skips this check for toolchains, whatever GONOSUMDB says.
func (f *Finder) Sums(release string, platforms []string) (sums, missing map[string]string, err error) {
	proxy, err := os.MkdirTemp("", "ziobuild-sums-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(proxy)
	pin := &Pin{Release: release}
	byVersion := make(map[string]string)
	args := []string{"mod", "download", "-json"}
	for _, p := range platforms {
		v := pin.moduleVersion(p)
		byVersion[v] = p
		args = append(args, modulePath+"@"+v)
		if err := emptyModule(filepath.Join(proxy, filepath.FromSlash(modulePath), "@v"), v); err != nil {
			return nil, nil, err
		}
	}
	g := *f
	modcache := filepath.Join(proxy, "modcache")
	g.Env = append(append([]string(nil), f.Env...), "GOMODCACHE="+modcache, "GOFLAGS=-modcacherw", "GOPROXY="+f.proxies(proxy))
	f.stage("asking the checksum database for " + release)
	out, runErr := g.run(args...)
	sums, missing = make(map[string]string), make(map[string]string)
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var m struct{ Version, Error string }
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, nil, fmt.Errorf("go mod download -json: %v", err)
		}
		p, ok := byVersion[m.Version]
		if !ok {
			continue
		}
		if sum := mismatchRE.FindStringSubmatch(m.Error); sum != nil && sum[1] == m.Version {
			sums[p] = sum[2]
			continue
		}
		lines := strings.Split(strings.TrimSpace(m.Error), "\n")
		missing[p] = lines[0]
	}
	if len(sums)+len(missing) == 0 {
		return nil, nil, fmt.Errorf("the checksum database was not asked: %v", runErr)
	}
	return sums, missing, nil
}

// mismatchRE finds the version and the hash that its module should have.
var mismatchRE = regexp.MustCompile(`golang\.org/toolchain@(\S+): verifying module: checksum mismatch\n\tdownloaded: h1:\S+\n\t\S+: +(h1:[A-Za-z0-9+/]{43}=)`)

// proxies puts the made-up proxy before those that the go command uses, because
// the checksum database may have to be reached through one of them.
func (f *Finder) proxies(dir string) string {
	list := "file://" + filepath.ToSlash(dir)
	if out, err := f.run("env", "GOPROXY"); err == nil {
		list += "," + strings.TrimSpace(string(out))
	}
	return list
}

// emptyModule makes what a proxy serves for a toolchain module with no files but
// go.mod, which is the same in every toolchain module.
func emptyModule(dir, version string) error {
	const goMod = "module " + modulePath + "\n"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var z bytes.Buffer
	w := zip.NewWriter(&z)
	file, err := w.Create(modulePath + "@" + version + "/go.mod")
	if err != nil {
		return err
	}
	io.WriteString(file, goMod)
	if err := w.Close(); err != nil {
		return err
	}
	for ext, data := range map[string][]byte{
		".info": fmt.Appendf(nil, "{\"Version\":%q}\n", version), ".mod": []byte(goMod), ".zip": z.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(dir, version+ext), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
