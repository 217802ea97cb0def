package room_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/room"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

var fuzz = coretest.Fuzz{Fresh: func() core.Core { return room.New(address, 5) }, Commands: commands}

// Whatever bytes pass for a snapshot: see coretest.Fuzz.
func FuzzRoom_Unmarshal(f *testing.F) { fuzz.Unmarshal(f) }

// Whatever event stands in the log: see coretest.Fuzz.
func FuzzRoom_Apply(f *testing.F) { fuzz.Apply(f) }

// Whatever command another node sends: see coretest.Fuzz. The first seed is a room whose only member is nobody: one that
// counted it would owe a tell to nobody when it is deleted.
func FuzzRoom_Decide(f *testing.F) {
	nobody, err := proto.Marshal(&pb.GatheringState{Created: 1, Members: []string{""}})
	if err != nil {
		f.Fatal(err)
	}
	deletion, err := proto.Marshal(remove)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(nobody, deletion)
	fuzz.Decide(f)
}
