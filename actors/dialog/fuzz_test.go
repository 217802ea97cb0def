package dialog_test

import (
	"testing"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/dialog"
)

// Whatever snapshot, event and command come: see coretest.Fuzz.
func FuzzDialog(f *testing.F) {
	coretest.Fuzz{Fresh: func() core.Core { return dialog.New(address) }, Commands: commands}.Run(f)
}
