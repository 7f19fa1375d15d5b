package kernel

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zio-go/zio/cmd/ziobuild/internal/ports"
)

// saidLine is a line of the init.
func saidLine(kind, text string) string {
	return fmt.Sprintf("\r\n@zio:%s:%08x:%s\r\n", kind, crc32.ChecksumIEEE([]byte(kind+text)), text)
}

// pieces is a result as the init sends it.
func pieces(i int, id string, n int) []string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	json.NewEncoder(z).Encode(map[string]string{"ID": id, "Stdout": strings.Repeat("x", 100)})
	z.Close()
	text := base64.StdEncoding.EncodeToString(b.Bytes())
	var list []string
	for k := range n {
		list = append(list, saidLine("result", fmt.Sprintf("%d %d/%d %s", i, k, n, text[k*len(text)/n:(k+1)*len(text)/n])))
	}
	return list
}

func read(t *testing.T, text string) (*Console, []string) {
	t.Helper()
	var c Console
	var got []string
	err := c.Read(strings.NewReader(text), func(i int, d *json.Decoder) error {
		var r struct{ ID string }
		if err := d.Decode(&r); err != nil {
			return err
		}
		got = append(got, fmt.Sprint(i, r.ID))
		return nil
	}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	return &c, got
}

// What the init says is found among what the kernel says, and a result that the
// kernel wrote into is none.
func TestConsole(t *testing.T) {
	a, b, d := pieces(0, "a", 2), pieces(1, "b", 3), pieces(2, "d", 2)
	damaged := strings.Replace(d[1], "2 1/2 ", "2 1/2 [ 1.0] usb 1-1\r\n", 1)
	c, got := read(t, "[    0.1] booting\r\n"+saidLine("kernel", "6.1.0-50-arm64 4096")+a[0]+b[0]+"[    2.0] noise\n"+a[1]+b[1]+b[2]+
		d[0]+damaged+saidLine("error", "mount /x: no")+saidLine("done", "3"))
	if strings.Join(got, ",") != "0a,1b" {
		t.Errorf("results %q", got)
	}
	if c.Kernel != "6.1.0-50-arm64" || c.Page != "4096" || c.Tasks != "3" || len(c.Errors) != 1 {
		t.Errorf("%+v", c)
	}
	if !strings.Contains(c.Tail(), "noise") {
		t.Errorf("tail %q", c.Tail())
	}
}

// A guest that panics leaves no marker.
func TestConsoleWithoutEnd(t *testing.T) {
	c, got := read(t, saidLine("kernel", "6.1 4096")+pieces(0, "a", 2)[0]+"Kernel panic - not syncing: x\n")
	if len(got) != 0 || c.Tasks != "" || !strings.HasSuffix(c.Tail(), "not syncing: x") {
		t.Errorf("%q %+v", got, c)
	}
}

// A kernel of scripts/kernel.sh is found where that leaves it; before, the error says
// what to run.
func TestBuiltKernel(t *testing.T) {
	s, k := &Store{Dir: t.TempDir()}, ports.Kernel{Version: "6.12", Arch: "mips"}
	if _, err := s.Kernel(t.Context(), k); err == nil || !strings.Contains(err.Error(), "scripts/kernel.sh mips") {
		t.Errorf("error %v", err)
	}
	dir := filepath.Join(s.Dir, "built-mips")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "release"), []byte("6.12.1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	img, err := s.Kernel(t.Context(), k)
	if err != nil || img.Release != "6.12.1" || img.File != filepath.Join(dir, "image") {
		t.Errorf("%+v, %v", img, err)
	}
	if file, err := s.Busybox(t.Context(), k); err != nil || file != filepath.Join(dir, "busybox") {
		t.Errorf("%s, %v", file, err)
	}
}

// The archive is what cpio reads: fields, padding, parents before what is in them.
func TestArchive(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "testdata"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"x.go": "package x\n", "testdata/y": "yy"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "other"), 0o755); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	a := NewArchive(&b)
	a.File("a/b/c", 0o755, []byte("hello"))
	a.Link("a/l", "b/c")
	a.Device("dev/console", 0o600, 5, 1)
	a.Tree("d/0", dir)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	got := list(t, b.Bytes())
	want := "a 40755 0|a/b 40755 0|a/b/c 100755 5 hello|a/l 120777 3 b/c|dev 40755 0|dev/console 20600 0|d 40755 0|d/0 40755 0|" +
		"d/0/other 40755 0|d/0/testdata 40755 0|d/0/testdata/y 100644 2 yy|d/0/x.go 100644 10 package x\n|TRAILER!!! 0 0"
	if got != want {
		t.Errorf("archive\n%s\nwant\n%s", got, want)
	}
}

// list reads an archive.
func list(t *testing.T, b []byte) string {
	var out []string
	for off := 0; off < len(b); {
		if string(b[off:off+6]) != "070701" {
			t.Fatalf("no header at %d", off)
		}
		field := func(i int) (n int) {
			fmt.Sscanf(string(b[off+6+8*i:off+14+8*i]), "%x", &n)
			return n
		}
		mode, size, nameLen := field(1), field(6), field(11)
		name := string(b[off+110 : off+110+nameLen-1])
		data := (off + 110 + nameLen + 3) &^ 3
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %o %d %s", name, mode, size, b[data:data+size]))+map[bool]string{true: "\n"}[name == "d/0/x.go"])
		off = (data + size + 3) &^ 3
	}
	return strings.Join(out, "|")
}

// Only images that are packed by zstd are unpacked.
func TestZboot(t *testing.T) {
	img := make([]byte, 128)
	copy(img, "MZ\x00\x00zimg")
	binary.LittleEndian.PutUint32(img[8:], 100)
	binary.LittleEndian.PutUint32(img[12:], 7)
	copy(img[24:], "zstd22")
	copy(img[100:], "payload")
	if p, ok := zbootPayload(img); !ok || string(p) != "payload" {
		t.Errorf("%q %v", p, ok)
	}
	copy(img[24:], "gzip\x00\x00")
	if _, ok := zbootPayload(img); ok {
		t.Error("gzip, which QEMU reads, is unpacked")
	}
	copy(img[24:], "zstd22")
	binary.LittleEndian.PutUint32(img[12:], 700)
	if _, ok := zbootPayload(img); ok {
		t.Error("a payload beyond the end")
	}
}
