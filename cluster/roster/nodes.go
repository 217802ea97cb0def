package roster

import (
	"context"
	"time"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/register"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// lookEvery is how often the record is looked at for what other nodes have written. A node that leads its first shard was
// admitted seconds ago, and is known everywhere by then.
const lookEvery = 250 * time.Millisecond

// Options configure New. All fields are required.
type Options struct {
	// Log has the record.
	Log register.Log
	// Clock stamps what is written.
	Clock func() im.Millis
	// First are the members with which the cluster was formed, as far as this node knows; they count while nothing is written.
	First []Member
	// OnChange is told of each roster that was read or written, in order; see register.Options.
	OnChange func(Roster)
}

// Nodes follows the roster of a cluster and changes it. Safe for concurrent use.
type Nodes struct {
	clock    func() im.Millis
	register *register.Register[Roster]
}

// New returns a Nodes that has read nothing yet.
func New(o Options) *Nodes {
	return &Nodes{clock: o.Clock, register: register.New(register.Options[Roster]{
		Log: o.Log, Addr: im.Nodes, Clock: o.Clock, LookEvery: lookEvery,
		Empty: First(o.First), Fold: Roster.fold, OnValue: o.OnChange,
	})}
}

// Roster returns the roster as far as it is known here.
func (n *Nodes) Roster() Roster { return n.register.Value() }

// Load reads the record. It waits for a majority until ctx ends, which is im.Unavailable.
func (n *Nodes) Load(ctx context.Context) error { return n.register.Load(ctx) }

// Run follows the record until ctx ends.
func (n *Nodes) Run(ctx context.Context) { n.register.Run(ctx) }

// Invite does to the record what Roster.Invite says, and returns when that is stored, or with its refusal; so do those below, each
// by its own rule. They wait for a majority until ctx ends, which is im.Unavailable: it may be done all the same.
func (n *Nodes) Invite(ctx context.Context, name string) error {
	return n.change(ctx, func(r Roster, now im.Millis) ([]*pb.Event, error) { return r.Invite(name, now) })
}

// Replace lets a node take the place of the member of its name.
func (n *Nodes) Replace(ctx context.Context, name string, up func(string) bool) error {
	return n.change(ctx, func(r Roster, now im.Millis) ([]*pb.Event, error) { return r.Replace(name, now, up) })
}

// Admit makes an invited node a member.
func (n *Nodes) Admit(ctx context.Context, m Member) error {
	return n.change(ctx, func(r Roster, now im.Millis) ([]*pb.Event, error) { return r.Admit(m, now) })
}

// Move notes where a member is.
func (n *Nodes) Move(ctx context.Context, m Member) error {
	return n.change(ctx, func(r Roster, _ im.Millis) ([]*pb.Event, error) { return r.Move(m) })
}

// Remove ends a membership.
func (n *Nodes) Remove(ctx context.Context, name string, up func(string) bool) error {
	return n.change(ctx, func(r Roster, _ im.Millis) ([]*pb.Event, error) { return r.Remove(name, up) })
}

// Drain drains a member, or ends that.
func (n *Nodes) Drain(ctx context.Context, name string, on bool, up func(string) bool) error {
	return n.change(ctx, func(r Roster, _ im.Millis) ([]*pb.Event, error) { return r.Drain(name, on, up) })
}

// change decides on what the record holds; the first change is written behind the members that there were.
func (n *Nodes) change(ctx context.Context, decide func(Roster, im.Millis) ([]*pb.Event, error)) error {
	if err := n.register.Load(ctx); err != nil { // so that nothing is refused for what was so before
		return err
	}
	return n.register.Change(ctx, func(r Roster, now im.Millis) ([]*pb.Event, error) {
		events, err := decide(r, now)
		if err != nil || len(events) == 0 || r.Founded {
			return events, err
		}
		founded := &pb.NodesFounded{Members: Encoded(r.Members)}
		return append([]*pb.Event{{Body: &pb.Event_NodesFounded{NodesFounded: founded}}}, events...), nil
	})
}
