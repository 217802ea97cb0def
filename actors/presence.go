package actors

import (
	"sync"
	"time"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// hear takes what a friend says, unless a later owner of the friend has spoken, or it answers what another activation asked. As
// long as it is not certain whether somebody is there, it is not heard: a session that was let in a moment ago would miss it,
// and an answer might not be true. The friend says it again.
func (a *activation) hear(attender core.Attender, p *pb.Presence) {
	asker := im.Epoch{Term: p.Answers.GetTerm(), Activation: p.Answers.GetActivation()}
	if p.Answers != nil && asker != a.epoch || !a.host.terms.hear(im.ShardID(p.Shard), p.Term) {
		return
	}
	a.attend()
	if a.looking || !a.online && !a.isAway() {
		return
	}
	out := attender.Hear(p)
	a.emitUnasked(&out)
}

func (a *activation) isAway() bool {
	away, certain := a.host.opts.Hub.Away(a.addr)
	return away && certain
}

// answerAway answers what a friend asks a user in whose place nobody can answer yet, if it is certain that nobody is there.
func (h *Host) answerAway(user im.Address, p *pb.Presence, shard im.ShardID, term uint64) (away, certain bool) {
	if away, certain = h.opts.Hub.Away(user); away && certain {
		answer := &pb.Presence{User: user.ID, Silent: p.Asks.Fresh, Answers: p.Asks, Shard: uint32(shard), Term: term}
		to := im.User(user.App, im.UserID(p.User))
		h.opts.Caller.Nudge(&pb.Nudge{To: pb.NewAddress(to), Body: &pb.Nudge_Presence{Presence: answer}})
	}
	return away, certain
}

// nudge stamps and sends nudges. They may share a body, which is nobody else's until the first is sent.
func (a *activation) nudge(all []*pb.Nudge) {
	if len(all) == 0 {
		return
	}
	for _, n := range all {
		if p := n.GetPresence(); p != nil {
			a.sign(p)
		}
	}
	for _, n := range all {
		a.host.opts.Caller.Nudge(n)
	}
	if a.awaits() {
		a.remindLater()
	}
}

// sign says who speaks, and who is to be answered.
func (a *activation) sign(p *pb.Presence) {
	p.Shard, p.Term = uint32(a.shard), a.epoch.Term
	if q := p.Asks; q != nil {
		q.Term, q.Activation = a.epoch.Term, a.epoch.Activation
	}
}

// announce says to the sessions which friends are online, all of it again later if they may not have heard.
func (a *activation) announce(friends *pb.Announce) {
	if err := a.host.opts.Hub.Announce(a.addr, friends); err != nil {
		a.unheard = true
		a.remindLater()
	}
}

// awaits reports whether a friend has not answered yet, who may not know how this user is, or sessions have not heard of all.
func (a *activation) awaits() bool {
	attender, ok := a.core.(core.Attender)
	return ok && attender.Awaits()
}

// remindLater has those who do not answer asked again, unless that is due anyway.
func (a *activation) remindLater() {
	if a.reminding == 0 {
		a.reminding = a.host.opts.RemindAfter
		a.remindAfter(a.reminding)
	}
}

func (a *activation) remindAfter(pause time.Duration) {
	self, root, epoch := a.self, a.root, a.epoch
	time.AfterFunc(pause, func() { root.Send(self, &remind{epoch: epoch}) })
}

// remind asks again, with pauses that double.
func (a *activation) remind() {
	attender, ok := a.core.(core.Attender)
	if !ok || a.phase != live || !a.unheard && !attender.Awaits() {
		a.reminding = 0
		return
	}
	anew := a.unheard
	a.unheard = false
	a.reminding = min(2*a.reminding, maxRemindPause)
	a.remindAfter(a.reminding)
	out := attender.Remind(anew)
	a.emitUnasked(&out)
}

// doubt asks friends anew whom only an earlier owner has called online.
func (a *activation) doubt(m *doubt) {
	attender, ok := a.core.(core.Attender)
	if a.phase != live || !ok {
		return // one that is loading asks everybody
	}
	out := attender.Doubt(m.shard, m.term)
	a.emitUnasked(&out)
}

// terms are the highest terms that anybody on this node has heard an owner of each shard speak in: at most one for each shard.
type terms struct {
	mu   sync.Mutex
	last map[im.ShardID]uint64
}

// hear reports whether no later owner has spoken.
func (t *terms) hear(shard im.ShardID, term uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if term < t.last[shard] {
		return false
	}
	if t.last == nil {
		t.last = map[im.ShardID]uint64{}
	}
	t.last[shard] = term
	return true
}
