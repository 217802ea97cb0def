package server

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/parley-im/parley/eventlog"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const (
	// viewsEvery is how often a leader repeats what it says of its shards: what was lost with a link, or came to a node that
	// did not know the leader yet, is missed no longer.
	viewsEvery = time.Second
	// viewsRest lies between two changes that are told. A node that starts to lead leads several shards within it.
	viewsRest = 20 * time.Millisecond
	// viewsRemoved is how many of the replicas that a shard has lost for good are told of, those with the highest ids.
	viewsRemoved = 64
)

// views tells those members that do not vote in a shard which this node leads that it does, and who takes part; and hears that
// of others. A node without a replica hears it from nobody else, nor that it is to begin one. Where all members vote in all shards
// there is nobody to tell, and nothing is sent.
type views struct {
	log interface {
		Views() []eventlog.View
		Membership(id im.ShardID) (voting, joining []uint64, ok bool)
		Hear(v eventlog.View)
	}
	// shards is how many hold actors.
	shards int
	// members returns the names of the members by number, those that are to go and this node among them; linked those of the
	// others that there is a link to.
	members, linked func() map[uint64]string
	send            func(to string, f *pb.Frame) error
	logger          *slog.Logger
	// changed holds a notice when there may be something else to say, or somebody else to say it to.
	changed signal
}

// newViews returns what tells and hears for this node. The log and the followers must be there.
func (s *Server) newViews() *views {
	return &views{
		log: s.journal, shards: s.opts.Shards, members: s.followers.members, linked: s.linkedMembers,
		send: s.links.Send, logger: s.logger, changed: s.viewsChanged,
	}
}

// linkedMembers is views.linked.
func (s *Server) linkedMembers() map[uint64]string {
	links, linked := s.linkStates(), map[uint64]string{}
	for number, name := range s.followers.members() {
		if links[name].Up {
			linked[number] = name
		}
	}
	return linked
}

// run tells until ctx ends.
func (v *views) run(ctx context.Context) {
	tick := time.NewTicker(viewsEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			v.tell()
		case <-v.changed:
			v.tell()
			linger(ctx, viewsRest)
		case <-ctx.Done():
			return
		}
	}
}

// linger returns when d has passed, or ctx has ended.
func linger(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// tell says to each what it has to hear. What a link has no room for is said the next time.
func (v *views) tell() {
	linked := v.linked()
	if len(linked) == 0 {
		return
	}
	led := v.log.Views()
	for number, name := range linked {
		if news := v.newsFor(number, led); len(news) > 0 {
			_ = v.send(name, &pb.Frame{Body: &pb.Frame_Shards{Shards: &pb.Shards{Shards: news}}})
		}
	}
}

// newsFor returns those of the views that are of shards in which the node with that number does not vote.
func (v *views) newsFor(number uint64, led []eventlog.View) (news []*pb.ShardView) {
	for _, view := range led {
		if voting, _, _ := v.log.Membership(view.Shard); !slices.Contains(voting, number) {
			news = append(news, encodeView(view))
		}
	}
	return news
}

func encodeView(v eventlog.View) *pb.ShardView {
	removed := slices.Sorted(slices.Values(v.Removed))
	return &pb.ShardView{
		Shard: uint32(v.Shard), Leader: v.Leader, Term: v.Term, Change: v.Change,
		Voting: slices.Sorted(slices.Values(v.Voting)), Joining: slices.Sorted(slices.Values(v.Joining)),
		Removed: removed[max(0, len(removed)-viewsRemoved):],
	}
}
