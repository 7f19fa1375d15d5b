package stream

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	p := make([]byte, 1000)
	for off := int64(0); off < 20; off++ {
		Fill(p, 7, off)
		for i := range p {
			if p[i] != Byte(7, off+int64(i)) {
				t.Fatalf("offset %d: byte %d differs", off, i)
			}
		}
		if err := Check(p, 7, off); err != nil {
			t.Fatal(err)
		}
		if err := Check(p, 8, off); err == nil {
			t.Fatal("another stream is accepted")
		}
	}
	Fill(p, 7, 0)
	p = append(p[:500], p[510:]...)
	if err := Check(p, 7, 0); err == nil || !strings.Contains(err.Error(), "shifted by 10") {
		t.Fatalf("10 lost bytes: %v", err)
	}
}
