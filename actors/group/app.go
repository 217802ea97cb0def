package group

import (
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// system lets the app itself speak: it is no member, and what it says is told like a message, but has no number and is no
// part of the history.
func (g *Group) system(cmd *pb.System) (core.Decision, error) {
	if err := g.Exists(); err != nil {
		return core.Decision{}, err
	}
	if cmd.Content == nil {
		return core.Decision{}, im.E("group.system", im.Invalid, "")
	}
	event := &pb.Event{Body: &pb.Event_SystemSaid{SystemSaid: &pb.SystemSaid{
		Content: cmd.Content, Remark: cmd.Remark, Push: cmd.Push,
	}}}
	return core.Decision{Events: []core.Event{{Owes: g.Size() > 0, Body: event}}}, nil
}

// clearHistory hides all messages up to the last; their numbers go on.
func (g *Group) clearHistory() (core.Decision, error) {
	if err := g.Exists(); err != nil {
		return core.Decision{}, err
	}
	through := g.N()
	if through <= g.Cleared() {
		return core.Decision{}, nil
	}
	event := &pb.Event{Body: &pb.Event_HistoryCleared{HistoryCleared: &pb.HistoryCleared{Through: through}}}
	return core.Decision{Events: []core.Event{{Body: event}}, Floor: through}, nil
}
