//go:build !linux

package child

import "syscall"

// tie does nothing: only Linux ends a child with its parent.
func tie(*syscall.SysProcAttr) {}
