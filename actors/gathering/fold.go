package gathering

import (
	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/actors/attributes"
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Apply implements core.Core.
func (g *Gathering) Apply(ev core.Event) {
	if ev.Message {
		g.n = ev.N
	}
	switch body := ev.Body.GetBody().(type) {
	case *pb.Event_GatheringCreated:
		c := body.GatheringCreated
		g.created, g.owner, g.attributes = ev.TS, c.Owner, attributes.Of(c.Attributes)
		g.members.add(c.Members)
	case *pb.Event_MembersChanged:
		g.members.remove(body.MembersChanged.Removed)
		g.members.add(body.MembersChanged.Added)
	case *pb.Event_OwnerChanged:
		g.owner = body.OwnerChanged.Owner
	case *pb.Event_AttributesChanged:
		g.attributes = g.attributes.Apply(body.AttributesChanged)
	case *pb.Event_GatheringDeleted:
		g.deleted = true
		g.owner, g.attributes = "", nil
	case *pb.Event_HistoryCleared:
		g.cleared = body.HistoryCleared.Through
	}
}

// Marshal implements core.Core.
func (g *Gathering) Marshal() []byte {
	return core.MarshalState(&pb.GatheringState{
		Created: int64(g.created), Deleted: g.deleted, Owner: g.owner,
		Members: g.members.list(), Steps: g.members.steps(), Joinings: g.members.last,
		Attributes: g.attributes, N: g.n, Cleared: g.cleared,
	})
}

// Unmarshal implements core.Core.
func (g *Gathering) Unmarshal(snapshot []byte) error {
	var state pb.GatheringState
	if err := proto.Unmarshal(snapshot, &state); err != nil {
		return err
	}
	members, err := rosterFrom(state.Members, state.Steps, state.Joinings)
	if err != nil {
		return err
	}
	g.created, g.deleted, g.owner = im.Millis(state.Created), state.Deleted, state.Owner
	g.members, g.attributes = *members, attributes.Of(state.Attributes)
	g.n, g.cleared = state.N, state.Cleared
	return nil
}
