package eventlog

import (
	"bytes"
	"crypto/md5"

	"github.com/lni/vfs"
)

// checkFlagFile reads one of dragonboat's small files: 8 bytes of checksum, the second half of an MD5, then what it says. It
// returns that. dragonboat would panic, without its name.
func checkFlagFile(fs vfs.FS, path string) ([]byte, error) {
	b, err := readFile(fs, path)
	if err != nil {
		return nil, readAs(path, err)
	}
	const sum = 8
	if len(b) < sum {
		return nil, damagedFile(path, "it is too short")
	}
	if h := md5.Sum(b[sum:]); !bytes.Equal(h[sum:], b[:sum]) {
		return nil, damagedFile(path, "its checksum does not fit")
	}
	return b[sum:], nil
}
