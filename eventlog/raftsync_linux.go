package eventlog

import (
	"syscall"

	"github.com/lni/vfs"
)

// syncData syncs a file without what is known of it but its size: as Pebble does where it has the descriptor.
func syncData(f vfs.File) error {
	d, ok := f.(interface{ Fd() uintptr })
	if !ok {
		return f.Sync()
	}
	for {
		if err := syscall.Fdatasync(int(d.Fd())); err != syscall.EINTR {
			return err
		}
	}
}
