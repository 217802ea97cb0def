package gathering

import (
	"cmp"
	"math"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// maxPage is the most members of a page: ids of a megabyte and a bit, of what a link between nodes takes in one answer.
const maxPage = 10_000

// describe answers with the members who joined first, as many as cmd takes: who asks for all, though they are more than a
// page, reads the others page by page.
func (g *Gathering) describe(cmd *pb.Describe) core.Decision {
	reply := &pb.GatheringReply{Owner: g.owner, Attributes: g.attributes, Created: int64(g.created)}
	if !cmd.Memberless {
		most := min(cmp.Or(cmd.Most, math.MaxInt32), math.MaxInt32)
		reply.Members, reply.Last, reply.More = g.members.page(0, int(most))
	}
	return core.Decision{Reply: &pb.Reply{Body: &pb.Reply_Gathering{Gathering: reply}}}
}

// page answers with the members whose joinings come after a number. Who goes from page to page by the number of the last joining
// on each meets everybody who stays meanwhile, and nobody twice but who left and joined again.
func (g *Gathering) page(cmd *pb.Members) (core.Decision, error) {
	if cmd.Limit == 0 {
		return core.Decision{}, im.E("gathering.page", im.Invalid, "")
	}
	users, last, more := g.members.page(cmd.After, int(min(cmd.Limit, maxPage)))
	return core.Decision{Reply: &pb.Reply{Body: &pb.Reply_Members{Members: &pb.MembersReply{
		Members: users, Last: last, More: more,
	}}}}, nil
}
