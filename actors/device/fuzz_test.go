package device_test

import (
	"testing"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/device"
)

// Whatever snapshot, event and command come: see coretest.Fuzz.
func FuzzDevice(f *testing.F) {
	coretest.Fuzz{Fresh: func() core.Core { return device.New(address) }, Commands: commands}.Run(f)
}
