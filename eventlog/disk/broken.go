package disk

import (
	"errors"
	"fmt"
	"syscall"
)

// BrokenError says which operation broke a disk, in one line that an operator can act on.
type BrokenError struct {
	// Op and Path are the operation and what it was done to.
	Op, Path string
	// Err is what the operation returned.
	Err error
}

// Error implements error.
func (e *BrokenError) Error() string {
	reason := e.Err.Error()
	var errno syscall.Errno
	if errors.As(e.Err, &errno) {
		reason = errno.Error()
	}
	return fmt.Sprintf("the disk failed: %s %s: %s; nothing was acknowledged that is not on disk; %s, then start parley again",
		e.Op, e.Path, reason, advice(errno))
}

func advice(errno syscall.Errno) string {
	switch errno {
	case syscall.ENOSPC, syscall.EDQUOT:
		return "make room"
	case syscall.EMFILE, syscall.ENFILE:
		return "raise the limit of open files"
	default:
		return "see to the disk"
	}
}

// Unwrap returns what the operation returned.
func (e *BrokenError) Unwrap() error { return e.Err }
