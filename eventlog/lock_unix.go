//go:build unix

package eventlog

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// errLocked is returned when another holder has the lock.
var errLocked = errors.New("locked")

// lockFile takes the lock named name without waiting. Closing it, or the end of the process, releases it.
func lockFile(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errLocked
		}
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
