package dispatch

import (
	"context"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// readMembers is the most members that one answer of an actor names: ids of a megabyte and a bit, of what a link between
// nodes takes.
const readMembers = 10_000

// Describe reads a group or a room. Of more than 10,000 members the others are read in parts: who joins or leaves meanwhile may
// be among them or not.
func (d *Dispatcher) Describe(ctx context.Context, at im.Address) (Gathering, error) {
	const op = "dispatch.Describe"
	r, err := d.describe(ctx, op, at, &pb.Describe{Most: readMembers})
	if err != nil {
		return Gathering{}, err
	}
	g := gatheringOf(r)
	if r.GetMore() {
		g.Members, err = d.rest(ctx, op, at, g.Members, r.GetLast())
	}
	return g, err
}

// Outline is Describe without the members.
func (d *Dispatcher) Outline(ctx context.Context, at im.Address) (Gathering, error) {
	r, err := d.describe(ctx, "dispatch.Outline", at, &pb.Describe{Memberless: true})
	if err != nil {
		return Gathering{}, err
	}
	g := gatheringOf(r)
	g.Members = []im.UserID{} // an actor on a node of before names them all the same
	return g, nil
}

func (d *Dispatcher) describe(ctx context.Context, op string, at im.Address, body *pb.Describe) (*pb.GatheringReply, error) {
	if err := checkGathering(op, at); err != nil {
		return nil, err
	}
	r, err := d.do(ctx, op, at, &pb.Command{Body: &pb.Command_Describe{Describe: body}})
	return r.GetGathering(), err
}

// rest reads the members whose joinings come after a number, behind those who came before. Who left and joined again
// meanwhile stands where it joined last.
func (d *Dispatcher) rest(ctx context.Context, op string, at im.Address, members []im.UserID, after uint64) ([]im.UserID, error) {
	for more := true; more; {
		p, err := d.page(ctx, op, at, after, readMembers)
		if err != nil {
			return nil, err
		}
		members = append(members, p.Members...)
		after, more = p.Last, p.More && p.Last > after
	}
	return lastOfEach(members), nil
}

// lastOfEach returns members in their order, each once, where it stands last.
func lastOfEach(members []im.UserID) []im.UserID {
	place := make(map[im.UserID]int, len(members))
	for i, u := range members {
		place[u] = i
	}
	each := members[:0]
	for i, u := range members {
		if place[u] == i {
			each = append(each, u)
		}
	}
	return each
}

// Members reads a page of members: up to limit whose joinings have a higher number than after. limit is from 1 to 10,000; more
// than that counts as that.
func (d *Dispatcher) Members(ctx context.Context, at im.Address, after uint64, limit int) (MemberPage, error) {
	const op = "dispatch.Members"
	if err := checkGathering(op, at); err != nil {
		return MemberPage{}, err
	}
	if limit < 1 {
		return MemberPage{}, im.E(op, im.Invalid, "limit")
	}
	return d.page(ctx, op, at, after, min(limit, readMembers))
}

func (d *Dispatcher) page(ctx context.Context, op string, at im.Address, after uint64, limit int) (MemberPage, error) {
	members := &pb.Members{After: after, Limit: uint32(limit)}
	r, err := d.do(ctx, op, at, &pb.Command{Body: &pb.Command_Members{Members: members}})
	if err != nil {
		return MemberPage{}, err
	}
	p := MemberPage{Members: ids[im.UserID](r.GetMembers().GetMembers()), Last: after, More: r.GetMembers().GetMore()}
	if len(p.Members) > 0 {
		p.Last = r.GetMembers().GetLast()
	}
	return p, nil
}
