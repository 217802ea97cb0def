package device_test

import (
	"testing"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/device"
)

var fuzz = coretest.Fuzz{Fresh: func() core.Core { return device.New(address) }, Commands: commands}

// Whatever bytes pass for a snapshot: see coretest.Fuzz.
func FuzzDevice_Unmarshal(f *testing.F) { fuzz.Unmarshal(f) }

// Whatever event stands in the log: see coretest.Fuzz.
func FuzzDevice_Apply(f *testing.F) { fuzz.Apply(f) }

// Whatever command another node sends: see coretest.Fuzz.
func FuzzDevice_Decide(f *testing.F) { fuzz.Decide(f) }
