package group_test

import (
	"testing"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/group"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Whatever snapshot, event and command come: see coretest.Fuzz. The first seed is a group whose only member is nobody: one that
// counted it would owe a tell to nobody when it is deleted.
func FuzzGroup(f *testing.F) {
	fuzz := coretest.Fuzz{Fresh: func() core.Core { return group.New(address, 5) }, Commands: commands}
	fuzz.Seed(f, &pb.GatheringState{Created: 1, Members: []string{""}}, coretest.DeleteGathering())
	fuzz.Run(f)
}
