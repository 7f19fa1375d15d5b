// Package base finds, fetches and checks the upstream release that the patches
// are made for.
package base

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// modulePath is the module in which the go command gets toolchains.
const modulePath = "golang.org/toolchain"

// A Pin is the content of the file GOBASE.
type Pin struct {
	Release string            // such as go1.27.3
	Hashes  map[string]string // h1: hash of the toolchain module, by GOOS-GOARCH
}

// ParsePin reads GOBASE.
func ParsePin(data []byte) (*Pin, error) {
	p := &Pin{Hashes: make(map[string]string)}
	for i, line := range slices.Collect(strings.Lines(string(data))) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0 || strings.HasPrefix(f[0], "#"):
		case f[0] == "release" && len(f) == 2 && p.Release == "" && strings.HasPrefix(f[1], "go1."):
			p.Release = f[1]
		case f[0] == "hash" && len(f) == 3 && p.Hashes[f[1]] == "" && strings.HasPrefix(f[2], "h1:"):
			p.Hashes[f[1]] = f[2]
		default:
			return nil, fmt.Errorf("GOBASE:%d: cannot read %q", i+1, strings.TrimSpace(line))
		}
	}
	if p.Release == "" {
		return nil, fmt.Errorf("GOBASE: no release line")
	}
	return p, nil
}

// Hash returns the pinned hash for a host platform, written GOOS-GOARCH.
func (p *Pin) Hash(platform string) (string, error) {
	h, ok := p.Hashes[platform]
	if !ok {
		return "", fmt.Errorf("GOBASE pins no hash of %s for %s, only for %s ('ziobuild patch pin' in a checkout adds those that there are)",
			p.Release, platform, strings.Join(slices.Sorted(maps.Keys(p.Hashes)), ", "))
	}
	return h, nil
}

// Module returns the module query of the release for a host platform.
func (p *Pin) Module(platform string) string {
	return modulePath + "@" + p.moduleVersion(platform)
}

func (p *Pin) moduleVersion(platform string) string {
	return "v0.0.1-" + p.Release + "." + platform
}

const pinComment = `# The one upstream release that this tree patches, and the hash of its
# toolchain module (golang.org/toolchain) for each host that can run ziobuild.
# The hashes are those of the public checksum database. Written by
# 'ziobuild patch rebase RELEASE -apply' and 'ziobuild patch pin'.
`

// Format returns the content of GOBASE.
func (p *Pin) Format() []byte {
	b := fmt.Appendf(nil, "%srelease %s\n", pinComment, p.Release)
	for _, platform := range slices.Sorted(maps.Keys(p.Hashes)) {
		b = fmt.Appendf(b, "hash %s %s\n", platform, p.Hashes[platform])
	}
	return b
}
