package kernel

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
)

// bootable writes a kernel as QEMU reads it. An image that unpacks itself under EFI
// and is packed by zstd, which QEMU does not know, is unpacked.
func bootable(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if payload, ok := zbootPayload(data); ok {
		cmd := exec.Command("zstd", "-dcq")
		cmd.Stdin = bytes.NewReader(payload)
		if data, err = cmd.Output(); err != nil {
			return fmt.Errorf("zstd cannot unpack the kernel (apt-get install zstd): %w", err)
		}
	}
	return os.WriteFile(to, data, 0o644)
}

// zbootPayload returns the packed kernel of an EFI image that is packed by zstd. Its
// header has "MZ", "zimg" at 4, offset and size of the payload at 8 and 12, and the
// kind of packing at 24.
func zbootPayload(data []byte) ([]byte, bool) {
	if len(data) < 64 || string(data[:2]) != "MZ" || string(data[4:8]) != "zimg" || !bytes.HasPrefix(data[24:], []byte("zstd")) {
		return nil, false
	}
	off, n := uint64(binary.LittleEndian.Uint32(data[8:])), uint64(binary.LittleEndian.Uint32(data[12:]))
	if off+n > uint64(len(data)) {
		return nil, false
	}
	return data[off : off+n], true
}
