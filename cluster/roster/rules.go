package roster

import (
	"fmt"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const op = "roster.change"

// renewAfter is how old an invitation is before it is written down once more: whoever repeats a command changes nothing.
const renewAfter = InvitationTime / 24

// Invite lets a node of that name join. It does nothing where there is a member of that name. im.Invalid for what can be no
// name, im.Full when there are MaxMembers.
func (r Roster) Invite(name string, now im.Millis) ([]*pb.Event, error) {
	_, member := r.Named(name)
	switch {
	case !ValidName(name):
		return nil, im.E(op, im.Invalid, fmt.Sprintf("node %.80q: 1-64 characters of A-Z a-z 0-9 _ -", name))
	case member:
		return nil, nil
	case len(r.Members) >= MaxMembers:
		return nil, im.E(op, im.Full, fmt.Sprintf("the cluster has %d members, which is the most; remove one first", MaxMembers))
	}
	return r.invite(name, now), nil
}

// Replace lets a node of that name join in the place of the member that has it. im.NotFound when there is none,
// im.Conflict unless the others have a majority that is up.
func (r Roster) Replace(name string, now im.Millis, up func(name string) bool) ([]*pb.Event, error) {
	if _, member := r.Named(name); !member {
		return nil, im.E(op, im.NotFound, fmt.Sprintf("there is no node %.80q to replace; a new one joins after `parley cluster add %.80s`", name, name))
	}
	if err := r.canDoWithout(name, "replaced", up); err != nil {
		return nil, err
	}
	return r.invite(name, now), nil
}

func (r Roster) invite(name string, now im.Millis) []*pb.Event {
	if at, ok := r.Invitations[name]; ok && now >= at && now-at < im.Millis(renewAfter.Milliseconds()) {
		return nil
	}
	return []*pb.Event{{Body: &pb.Event_NodeInvited{NodeInvited: &pb.NodeInvited{Name: name}}}}
}

// Admit makes a node a member that asks for it; its Replica is not looked at. A member that asks from elsewhere has moved. It
// does nothing for a node that is a member already, and for one that is not invited: those wait. im.Invalid, im.Conflict and im.Full say why one that is
// invited cannot join.
func (r Roster) Admit(m Member, now im.Millis) ([]*pb.Event, error) {
	if old, found := r.WithID(m.NodeHostID); found {
		if old.Name != m.Name {
			return nil, im.E(op, im.Conflict, fmt.Sprintf("its data directory is %s's", old.Name))
		}
		return r.Move(m)
	}
	if !r.Invited(m.Name, now) {
		return nil, nil
	}
	if err := r.fits(m); err != nil {
		return nil, err
	}
	m.Replica = r.Highest + 1
	return []*pb.Event{{Body: &pb.Event_NodeJoined{NodeJoined: &pb.NodeJoined{Node: encoded(m)}}}}, nil
}

// fits refuses a node that cannot join beside the others.
func (r Roster) fits(m Member) error {
	if _, left := r.Gone(m.NodeHostID); left {
		return im.E(op, im.Conflict, "its data directory is that of a node that was removed: begin with an empty one")
	}
	if err := m.check(); err != nil {
		return err
	}
	others := 0
	for _, other := range r.Members {
		if other.Name == m.Name {
			continue // it is replaced
		}
		others++
		for _, addr := range []string{m.Raft, m.Actor} {
			if addr == other.Raft || addr == other.Actor {
				return im.E(op, im.Conflict, fmt.Sprintf("%s is the address of %s", addr, other.Name))
			}
		}
	}
	if others >= MaxMembers {
		return im.E(op, im.Full, fmt.Sprintf("the cluster has %d members, which is the most", MaxMembers))
	}
	return nil
}

// Move notes where a member is, which is found by its NodeHostID. It does nothing when that is known, or it is no member.
func (r Roster) Move(m Member) ([]*pb.Event, error) {
	old, found := r.WithID(m.NodeHostID)
	if !found || old.Raft == m.Raft && old.Actor == m.Actor {
		return nil, nil
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	moved := &pb.NodeMoved{Replica: old.Replica, Raft: m.Raft, Actor: m.Actor}
	return []*pb.Event{{Body: &pb.Event_NodeMoved{NodeMoved: moved}}}, nil
}

// Remove ends the membership of a node, or the invitation of one. It does nothing for a name that is neither a member nor
// invited. im.Conflict for the last member, and unless the others have a majority that is up.
func (r Roster) Remove(name string, up func(name string) bool) ([]*pb.Event, error) {
	m, member := r.Named(name)
	_, invited := r.Invitations[name]
	if !member && !invited {
		return nil, nil
	}
	if member {
		if err := r.canDoWithout(name, "removed", up); err != nil {
			return nil, err
		}
	}
	return []*pb.Event{{Body: &pb.Event_NodeLeft{NodeLeft: &pb.NodeLeft{Replica: m.Replica, Name: name}}}}, nil
}

// canDoWithout refuses to go on without a member, which is to be done to it.
func (r Roster) canDoWithout(name, done string, up func(string) bool) error {
	others, living := 0, 0
	for _, m := range r.Members {
		if m.Name == name {
			continue
		}
		others++
		if up(m.Name) {
			living++
		}
	}
	switch {
	case others == 0:
		return im.E(op, im.Conflict, fmt.Sprintf("%s is the only member: it cannot be %s", name, done))
	case living <= others/2:
		return im.E(op, im.Conflict, fmt.Sprintf("%s cannot be %s: of the %d others %d are up, and that is no majority", name, done, others, living))
	}
	return nil
}

// Drain lets a member lead nothing and send its clients away, or ends that. im.NotFound when there is no such member,
// im.Conflict unless another one is up and not drained, and the others have a majority that is up.
func (r Roster) Drain(name string, on bool, up func(name string) bool) ([]*pb.Event, error) {
	m, member := r.Named(name)
	switch {
	case !member:
		return nil, im.E(op, im.NotFound, fmt.Sprintf("there is no node %.80q", name))
	case m.Drained == on:
		return nil, nil
	}
	if on {
		if err := r.canDoWithout(name, "drained", up); err != nil {
			return nil, err
		}
		heir := func(m Member) bool { return m.Name != name && !m.Drained && up(m.Name) }
		if _, ok := find(r.Members, heir); !ok {
			return nil, im.E(op, im.Conflict, fmt.Sprintf("%s cannot be drained: no other node is left to take over", name))
		}
	}
	return []*pb.Event{{Body: &pb.Event_NodeDrained{NodeDrained: &pb.NodeDrained{Replica: m.Replica, On: on}}}}, nil
}
