package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestSearch(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a": "one\ntwo\nthree\n", "b": "no end\nof two lines", "c/d": "", "c/e": "TWO\n"} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	found, bad := search(dir, regexp.MustCompile("two"), time.Minute, 3, &out)
	got := strings.ReplaceAll(out.String(), dir+"/", "")
	if one, other := "a:2:two\nb:2:of two lines\n", "b:2:of two lines\na:2:two\n"; !found || bad || got != one && got != other {
		t.Errorf("found %v, bad %v: %q", found, bad, got)
	}
	if found, bad := search(dir, regexp.MustCompile("four"), time.Minute, 3, &out); found || bad {
		t.Errorf("what is not there: found %v, bad %v", found, bad)
	}
	if _, bad := search(filepath.Join(dir, "nothing"), regexp.MustCompile("x"), time.Minute, 3, &out); !bad {
		t.Error("a directory that is not there is no error")
	}
}
