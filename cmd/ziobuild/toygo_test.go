//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/zio-go/zio/cmd/ziobuild/internal/base"
)

// toyGo is the go command of the toy release, and the bootstrap one. The
// environment makes it fail in the ways that a real one does.
func toyGo(args []string) int {
	if name := os.Getenv("TOY_LOG"); name != "" {
		if f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err == nil {
			fmt.Fprintf(f, "go %s\n", strings.Join(args, " "))
			f.Close()
		}
	}
	if len(args) == 0 {
		return 2
	}
	switch args[0] {
	case "env":
		return toyEnv(args[1:])
	case "mod":
		if proxy, ok := strings.CutPrefix(os.Getenv("GOPROXY"), "file://"); ok {
			return toyRefuse(proxy, args[3:])
		}
		return toyDownload(args[len(args)-1])
	case "build", "test":
		if isToyProgram(args) {
			return toyProgram(args)
		}
		if args[0] == "test" {
			fmt.Println("go test: ran")
			return 0
		}
		return toyBuild(args)
	case "list":
		dir, _ := os.Getwd()
		switch {
		case slices.Contains(args, "-deps"):
			fmt.Println(dir + "/go.mod")
		case slices.Contains(args, "{{.Standard}}"):
			fmt.Println("true")
		default:
			fmt.Println(dir)
		}
	case "version":
		fmt.Println("go version", toyRelease, strings.Join(args[1:], " "))
	case "echo": // arguments, then standard input
		fmt.Printf("%q\n", args[1:])
		io.Copy(os.Stdout, os.Stdin)
		fmt.Fprintln(os.Stderr, "to stderr")
	case "exit":
		n, _ := strconv.Atoi(args[1])
		return n
	case "getenv":
		fmt.Println(os.Getenv(args[1]))
	case "which":
		path, err := exec.LookPath("go")
		fmt.Println(path, err)
	case "pid":
		fmt.Println(os.Getpid())
	case "suicide":
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
		time.Sleep(time.Minute)
	case "wait": // for a signal, having made a file
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt, syscall.SIGTERM)
		os.WriteFile(args[1], nil, 0o644)
		fmt.Println("got", <-c)
		return 3
	case "nested", "bypassed": // as a test that runs ziobuild
		if args[0] == "bypassed" {
			os.Setenv("ZIOBUILD_BYPASS", "1")
		}
		cmd := exec.Command("ziobuild", args[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		err := cmd.Run()
		var ee *exec.ExitError
		if errors.As(err, &ee) {
			return ee.ExitCode()
		}
	case "help":
		fmt.Println("toy help", strings.Join(args[1:], " "))
	default:
		fmt.Printf("go %s: ran\n", args[0])
	}
	return 0
}

func toyEnv(args []string) int {
	vars := map[string]string{
		"GOMODCACHE": os.Getenv("TOY_MODCACHE"),
		"GOROOT":     os.Getenv("TOY_GOROOT"),
		"GOVERSION":  "go1.26.0",
		"GOOS":       "plan10",
	}
	if v := os.Getenv("TOY_GOVERSION"); v != "" {
		vars["GOVERSION"] = v
	}
	if len(args) > 0 && args[0] == "-json" {
		out := vars
		if len(args) > 1 {
			out = make(map[string]string)
			for _, n := range args[1:] {
				out[n] = vars[n]
			}
		}
		json.NewEncoder(os.Stdout).Encode(out)
		return 0
	}
	for _, n := range args {
		fmt.Println(vars[n])
	}
	if len(args) == 0 {
		fmt.Println("GOOS='plan10'")
	}
	return 0
}

// toyDownload is go mod download -json MODULE.
func toyDownload(module string) int {
	dir := filepath.Join(os.Getenv("TOY_MODCACHE"), filepath.FromSlash(module))
	fail := func(msg string) int {
		json.NewEncoder(os.Stdout).Encode(map[string]string{"Error": msg})
		return 1
	}
	mode := os.Getenv("TOY_DOWNLOAD")
	switch mode {
	case "offline":
		return fail("module lookup disabled by GOPROXY=off")
	case "truncated":
		return fail("zip: not a valid zip file")
	case "hang":
		name := os.Getenv("TOY_HANG")
		os.WriteFile(name, nil, 0o644)
		for parent := os.Getppid(); os.Getppid() == parent; {
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(200 * time.Millisecond)
		os.WriteFile(name+".survived", nil, 0o644)
		return 1
	}
	release, _, _ := strings.Cut(strings.TrimPrefix(module, "golang.org/toolchain@v0.0.1-"), "."+runtime.GOOS+"-")
	toy := toyDir(release)
	if toy == "" {
		return fail("not found: " + release)
	}
	err := filepath.WalkDir(toy, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(toy, name)
		dst := filepath.Join(dir, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(dst, 0o755)
		case d.Name() == "go.mod", mode == "incomplete" && d.Name() == "proc.go":
			return nil
		}
		return copyPlain(dst, name)
	})
	if err != nil {
		return fail(err.Error())
	}
	sum := "h1:damaged"
	if mode != "wrongsum" {
		_, platform, _ := strings.Cut(module, release+".")
		sum = toySum(toy, release, platform)
	}
	json.NewEncoder(os.Stdout).Encode(map[string]string{"Dir": dir, "Sum": sum})
	return 0
}

// toyDir is the folder of a release, TOY or TOY_NEXT.
func toyDir(release string) string {
	for _, name := range []string{"TOY", "TOY_NEXT"} {
		dir := os.Getenv(name)
		if data, err := os.ReadFile(filepath.Join(dir, "VERSION")); err == nil && strings.HasPrefix(string(data), release+"\n") {
			return dir
		}
	}
	return ""
}

// toySum is the hash of the toolchain module that a folder makes.
func toySum(dir, release, platform string) string {
	_, err := base.Scan(dir, &base.Pin{Release: release, Hashes: map[string]string{platform: ""}}, platform, nil)
	var he *base.HashError
	if errors.As(err, &he) {
		return he.Got
	}
	return "h1:none"
}

// toyRefuse is go mod download -json MODULE... from a proxy that serves empty
// modules: the checksum database knows those of this host and of plan10.
func toyRefuse(proxy string, modules []string) int {
	proxy, _, _ = strings.Cut(proxy, ",")
	for _, m := range modules {
		_, v, _ := strings.Cut(m, "@")
		if _, err := os.Stat(filepath.Join(proxy, "golang.org/toolchain/@v", v+".zip")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		release, platform, _ := strings.Cut(strings.TrimPrefix(v, "v0.0.1-"), "."+runtime.GOOS+"-")
		sum := "h1:" + strings.Repeat("A", 43) + "="
		if platform != "" {
			sum = toySum(toyDir(release), release, runtime.GOOS+"-"+platform)
		}
		msg := m + ": verifying module: checksum mismatch\n\tdownloaded: h1:empty=\n\tsum.toy.test: " + sum + "\n\nSECURITY ERROR\n"
		if strings.Contains(v, "plan11") || os.Getenv("TOY_SUMS") == "none" {
			msg = m + ": verifying go.mod: " + m + "/go.mod: 404 Not Found"
		}
		json.NewEncoder(os.Stdout).Encode(map[string]string{"Path": "golang.org/toolchain", "Version": v, "Error": msg})
	}
	return 1
}

// copyPlain makes a file that is not executable, as a module has them.
func copyPlain(dst, src string) error {
	data, err := os.ReadFile(src)
	if err != nil {
		return err
	}
	return os.WriteFile(dst, data, 0o644)
}

// toyBuild is go build -overlay=... -o OUT cmd/go. The result is this program.
func toyBuild(args []string) int {
	out := ""
	for i, a := range args {
		if a == "-o" {
			out = args[i+1]
		}
	}
	if out == "" {
		fmt.Println("go build: ran")
		return 0
	}
	for i := range 5 {
		fmt.Fprintf(os.Stderr, "toy/pkg%d\n", i)
	}
	if name := os.Getenv("TOY_HANG"); name != "" {
		os.WriteFile(name, nil, 0o644)
		// Until the killed ziobuild is gone.
		for parent := os.Getppid(); os.Getppid() == parent; {
			time.Sleep(10 * time.Millisecond)
		}
		return 1
	}
	if os.Getenv("TOY_BUILD") == "fail" {
		fmt.Fprintln(os.Stderr, "# cmd/go\nmain.go:4:2: undefined: zio")
		return 1
	}
	for _, a := range args {
		if f, ok := strings.CutPrefix(a, "-overlay="); ok {
			if err := checkToyOverlay(f); err != nil {
				fmt.Fprintln(os.Stderr, "go build:", err)
				return 1
			}
		}
	}
	exe, err := os.Executable()
	if err == nil {
		var data []byte
		if data, err = os.ReadFile(exe); err == nil {
			err = os.WriteFile(out, data, 0o755)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "go build:", err)
		return 1
	}
	return 0
}

// checkToyOverlay: the command's own patched file is in the overlay, and that
// of the runtime is not.
func checkToyOverlay(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	var js struct{ Replace map[string]string }
	if err := json.NewDecoder(bufio.NewReader(f)).Decode(&js); err != nil {
		return err
	}
	for path, file := range js.Replace {
		if strings.Contains(path, "runtime") {
			return fmt.Errorf("the tools see %s", path)
		}
		data, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(data), "zio()") {
			return fmt.Errorf("%s is not patched (%v)", path, err)
		}
	}
	if len(js.Replace) != 1 {
		return fmt.Errorf("overlay %v", js.Replace)
	}
	return nil
}
