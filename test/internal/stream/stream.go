// Package stream makes and checks byte streams whose every byte depends on a
// seed and on its position, so that a byte that is lost, doubled, exchanged
// with another stream's or written to the wrong buffer is noticed.
package stream

import "fmt"

// at returns the eight bytes of word i of the stream with this seed (the
// finalizer of splitmix64, which has no short cycles).
func at(seed, i uint64) uint64 {
	z := seed + (i+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Byte returns byte i of the stream.
func Byte(seed uint64, i int64) byte {
	return byte(at(seed, uint64(i)/8) >> (8 * (uint64(i) % 8)))
}

// Fill fills p with the bytes of the stream from offset off.
func Fill(p []byte, seed uint64, off int64) {
	for i := 0; i < len(p); {
		w := at(seed, uint64(off+int64(i))/8) >> (8 * (uint64(off+int64(i)) % 8))
		for k := 8 - int(uint64(off+int64(i))%8); k > 0 && i < len(p); k-- {
			p[i] = byte(w)
			w >>= 8
			i++
		}
	}
}

// Check says where p differs from the bytes of the stream from offset off.
func Check(p []byte, seed uint64, off int64) error {
	for i := 0; i < len(p); {
		w := at(seed, uint64(off+int64(i))/8) >> (8 * (uint64(off+int64(i)) % 8))
		for k := 8 - int(uint64(off+int64(i))%8); k > 0 && i < len(p); k-- {
			if p[i] != byte(w) {
				return fmt.Errorf("stream %#x: byte %d (byte %d of %d) is %#02x, want %#02x%s",
					seed, off+int64(i), i, len(p), p[i], byte(w), shifted(p[i:], seed, off+int64(i)))
			}
			w >>= 8
			i++
		}
	}
	return nil
}

// shifted says whether p is the stream at another place near off: bytes lost
// or doubled.
func shifted(p []byte, seed uint64, off int64) string {
	if len(p) > 16 {
		p = p[:16]
	}
	if len(p) < 4 {
		return ""
	}
	zero := true
	for _, b := range p {
		zero = zero && b == 0
	}
	if zero {
		return " (zeros: the data went elsewhere)"
	}
next:
	for d := int64(-1 << 16); d <= 1<<16; d++ {
		if off+d < 0 {
			continue
		}
		for i := range p {
			if p[i] != Byte(seed, off+d+int64(i)) {
				continue next
			}
		}
		return fmt.Sprintf(" (which is byte %d: shifted by %d)", off+d, d)
	}
	return ""
}

// A Cursor is a position in a stream.
type Cursor struct {
	Seed uint64
	Off  int64
}

// Next fills p with the next bytes.
func (c *Cursor) Next(p []byte) {
	Fill(p, c.Seed, c.Off)
	c.Off += int64(len(p))
}

// Expect checks that p holds the next bytes.
func (c *Cursor) Expect(p []byte) error {
	err := Check(p, c.Seed, c.Off)
	c.Off += int64(len(p))
	return err
}
