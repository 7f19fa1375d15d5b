package patchset

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestApply applies the patch of each archive in testdata/apply to the file
// "before". OLD and NEW in the patch stand for the hashes of before and after.
func TestApply(t *testing.T) {
	names, err := filepath.Glob("testdata/apply/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no test data: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			f := make(map[string]string)
			for _, file := range ar.Files {
				f[file.Name] = string(file.Data)
			}
			raw := strings.ReplaceAll(f["0001-x.patch"], "OLD..", BlobHash([]byte(f["before"]))+"..")
			raw = strings.ReplaceAll(raw, "..NEW", ".."+BlobHash([]byte(f["after"])))
			want := strings.TrimSpace(f["error"])
			out, err := parseAndApply(raw, f["before"])
			switch {
			case want == "" && err != nil:
				t.Fatal(err)
			case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Fatalf("error\n%v\ndoes not say\n%s", err, want)
			case want == "" && out != f["after"]:
				t.Fatalf("got:\n%s\nwant:\n%s", out, f["after"])
			}
		})
	}
}

// parseAndApply applies a patch of one file, and checks that its reverse gives
// the file back.
func parseAndApply(raw, before string) (string, error) {
	p, err := Parse("0001-x.patch", []byte(raw))
	if err != nil {
		return "", err
	}
	out, err := p.Files[0].Apply(p.Name, []byte(before))
	if err != nil {
		return "", err
	}
	back, err := p.Files[0].Reverse().Apply(p.Name, out)
	if err != nil {
		return "", err
	}
	if string(back) != before {
		return "", &ApplyError{Problem: "the reverse does not give the file back"}
	}
	return string(out), nil
}

// TestNoNewline covers both directions of a missing last newline, which txtar
// cannot hold.
func TestNoNewline(t *testing.T) {
	for _, tt := range []struct{ before, after, hunk string }{
		{"a\nb", "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"},
		{"a\nb\n", "a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n"},
	} {
		raw := testHeader + "diff --git a/f b/f\nindex " + BlobHash([]byte(tt.before)) + ".." + BlobHash([]byte(tt.after)) +
			" 100644\n--- a/f\n+++ b/f\n" + tt.hunk
		if out, err := parseAndApply(raw, tt.before); err != nil || out != tt.after {
			t.Errorf("%q: got %q, %v; want %q", tt.before, out, err, tt.after)
		}
	}
}

func TestCRLF(t *testing.T) {
	raw := testHeader + "diff --git a/f b/f\nindex " + zeroHash + ".." + zeroHash + " 100644\n"
	_, err := Parse("0001-x.patch", []byte(strings.ReplaceAll(raw, "\n", "\r\n")))
	if err == nil || !strings.Contains(err.Error(), "CRLF") || !strings.Contains(err.Error(), "core.autocrlf") {
		t.Errorf("error does not explain the line endings: %v", err)
	}
	// A CR in the content of a patched file is nothing special.
	before, after := "a\r\n", "b\r\n"
	raw = testHeader + "diff --git a/f b/f\nindex " + BlobHash([]byte(before)) + ".." + BlobHash([]byte(after)) +
		" 100644\n--- a/f\n+++ b/f\n@@ -1,1 +1,1 @@\n-a\r\n+b\r\n"
	if out, err := parseAndApply(raw, before); err != nil || out != after {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestBlobHash(t *testing.T) {
	// git hash-object of a file with "hello\n".
	if got := BlobHash([]byte("hello\n")); got != "ce013625030ba8dba906f756967f9e9ca394464a" {
		t.Error(got)
	}
}

const testHeader = "From " + zeroHash + " Mon Sep 17 00:00:00 2001\nFrom: zio <zio@localhost>\nDate: " + authorDate +
	"\nSubject: [PATCH] runtime: change a thing\n\nWhy.\n---\n\n"
