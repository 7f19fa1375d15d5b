package runner

import (
	"fmt"
	"os/exec"
	"path/filepath"
)

// Wasm runs WebAssembly by the scripts of a GOROOT.
type Wasm struct {
	local
	host string
	err  error
}

// NewWasm returns a runner below a host: node for js, wazero for wasip1.
func NewWasm(goroot, host string, path ...string) *Wasm {
	w := &Wasm{host: host}
	script, fix := "go_js_wasm_exec", "install Node.js 18 or newer"
	if host == "wazero" {
		script, fix = "go_wasip1_wasm_exec", "go install github.com/tetratelabs/wazero/cmd/wazero@latest"
		w.env = []string{"GOWASIRUNTIME=wazero"}
	}
	if _, err := exec.LookPath(host); err != nil {
		w.err = &Missing{host, fix}
	}
	w.wrap = []string{filepath.Join(goroot, "lib", "wasm", script)}
	w.path = path
	return w
}

// Check returns what was missing when the runner was made.
func (w *Wasm) Check() error { return w.err }

// Version is the host's.
func (w *Wasm) Version() string {
	if w.err != nil {
		return ""
	}
	arg := "--version"
	if w.host == "wazero" {
		arg = "version"
	}
	return fmt.Sprintf("%s %s", w.host, toolVersion(w.host, arg))
}
