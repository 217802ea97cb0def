package gathering

import (
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// maxLeavingBytes bounds the ids of those who leave by one command when a gathering ends, of what the log takes in one append.
const maxLeavingBytes = 2 << 20

// delete ends the gathering: from then on it answers like one that never was. Its members leave by events of their own, as
// ever, so that nothing needs to be kept to tell them.
func (g *Gathering) delete() core.Decision {
	d := g.empty()
	d.Record, d.Floor = &im.Record{Gone: true}, g.n // its messages go with it
	return d
}

// goOn lets members leave who were too many when the gathering ended. It answers what the gathering tells itself until nobody
// is left: what is told is told in the end, whoever owns the actor then.
func (g *Gathering) goOn() core.Decision {
	if g.members.size() == 0 {
		return core.Decision{} // told again
	}
	d := g.empty()
	d.AfterTold = false // what the gathering tells itself waits for nobody else
	return d
}

// empty lets as many leave as one command may, and ends the actor if these are all. Else the first event owes: the gathering
// tells itself to go on.
func (g *Gathering) empty() core.Decision {
	leaving, all := g.members.list(), true
	for part := range parts(leaving, maxLeavingBytes) {
		leaving, all = part, len(part) == len(leaving)
		break
	}
	ended := core.Event{Owes: !all, Body: &pb.Event{Body: &pb.Event_GatheringDeleted{GatheringDeleted: &pb.GatheringDeleted{}}}}
	d := decided(append([]core.Event{ended}, g.membersChanged(nil, leaving)...)...)
	d.Gone = all
	return d
}
