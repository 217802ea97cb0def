//go:build faults

package disk

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Faults says how the disks of this process misbehave. The zero Faults is a good disk.
type Faults struct {
	// Path limits Full, FailSync and SyncDelay to paths that contain it.
	Path string `json:"path"`
	// Full makes everything that takes room fail with ENOSPC, a write after its first half.
	Full bool `json:"full"`
	// FailSync makes syncs fail with EIO.
	FailSync bool `json:"failSync"`
	// SyncDelay is by how much each sync that begins is late, as time.ParseDuration reads it; "" = not at all.
	SyncDelay string `json:"syncDelay"`
	// Free is what is said to be free, in bytes; nil = the truth.
	Free *uint64 `json:"free"`
}

// present is what SetFaults was given last, with the delay as a duration.
type present struct {
	Faults
	delay time.Duration
}

var faults atomic.Pointer[present]

// SetFaults replaces the faults of all disks of this process.
func SetFaults(f Faults) error {
	p := &present{Faults: f}
	if f.SyncDelay != "" {
		var err error
		if p.delay, err = time.ParseDuration(f.SyncDelay); err != nil {
			return fmt.Errorf("syncDelay: %w", err)
		}
	}
	faults.Store(p)
	return nil
}

// FaultsEnv names the variable of the environment that holds the faults that a process begins with, as JSON.
const FaultsEnv = "PARLEY_FAULTS"

func init() {
	text := os.Getenv(FaultsEnv)
	if text == "" {
		return
	}
	var f Faults
	err := json.Unmarshal([]byte(text), &f)
	if err = errors.Join(err, SetFaults(f)); err != nil {
		panic(fmt.Sprintf("disk: %s: %v", FaultsEnv, err))
	}
}

// inject returns what the operation fails with, after the time by which it is late.
func inject(op, path string) error {
	f := faults.Load()
	if f == nil || !strings.Contains(path, f.Path) {
		return nil
	}
	switch {
	case op == OpSync && f.FailSync:
		return syscall.EIO
	case op == OpSync && f.delay > 0:
		<-time.After(f.delay)
	case f.Full && takesRoom(op):
		return syscall.ENOSPC
	}
	return nil
}

// takesRoom reports whether op can find the disk full.
func takesRoom(op string) bool {
	switch op {
	case OpWrite, "create", "link", "mkdir", "rename":
		return true
	}
	return false
}

func fakeFree() (uint64, bool) {
	if f := faults.Load(); f != nil && f.Free != nil {
		return *f.Free, true
	}
	return 0, false
}
