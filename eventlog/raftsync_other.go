//go:build !linux

package eventlog

import "github.com/lni/vfs"

func syncData(f vfs.File) error { return f.Sync() }
