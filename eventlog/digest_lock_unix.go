//go:build unix

package eventlog

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// shareLock takes the lock named name beside others who take it so, and does not wait for who has it alone. The file is only
// opened for reading. Where there is none, as in a copy, nobody runs, and there is nothing to hold.
func shareLock(name string) (io.Closer, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return io.NopCloser(nil), nil
	}
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errLocked
		}
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
