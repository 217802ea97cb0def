package actors

import (
	"time"

	"github.com/parley-im/parley/actors/core"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// nudged takes what is meant for an actor that is awake. One that is loading will ask for the present state anyway, and answers
// as its owner does for one that sleeps, unless friends believe, or may believe, that its user is online.
func (a *activation) nudged(n *pb.Nudge) {
	attender, ok := a.core.(core.Attender)
	if !ok {
		return
	}
	if p := n.GetPresence(); a.phase == loading {
		if p.GetAsks() != nil && !a.online && !a.leftUnheard {
			a.host.answerAway(a.addr, p, a.shard, a.epoch.Term)
		}
		return
	}
	switch body := n.Body.(type) {
	case *pb.Nudge_Attend:
		if body.Attend.GetWake() && !a.looking {
			a.look() // it may have looked before the hub's sessions were known
			return
		}
		a.attend()
	case *pb.Nudge_Presence:
		a.hear(attender, body.Presence)
	}
}

// attend compares what the core was told with what the hub knows. Only the hub's present word counts, so that a nudge
// that was lost or came late does no harm.
func (a *activation) attend() {
	attender, ok := a.core.(core.Attender)
	if a.phase != live || a.looking || !ok {
		return
	}
	attended := a.host.opts.Hub.Attended(a.addr)
	switch {
	case attended:
		a.leaving = 0
		a.tellOnline(attender, true)
	case a.online && a.leaving == 0:
		a.leaveLater()
	case a.online && a.host.elapsed() >= a.leaving:
		a.tellOnline(attender, false)
	}
	if a.online && a.leaving == 0 && a.host.opts.Hub.NotifiesAll(a.addr) {
		a.proclaim(attender, true)
	}
}

// look tells a core that was just loaded who is there, as soon as that is certain.
func (a *activation) look() {
	if _, ok := a.core.(core.Attender); a.phase != live || !ok {
		return
	}
	a.looking = true
	self, root, epoch := a.self, a.root, a.epoch
	later, err := a.host.opts.Hub.Settle(a.addr, func(err error) { root.Send(self, &settled{epoch: epoch, err: err}) })
	if !later {
		a.settled(err)
	}
}

// settled takes the first certain word of who is there. Of sessions that were there before this owner another activation had
// told friends, and no session is to hear of it again. If they have gone since, nobody has told that: so the user counts as
// online, until it has been away for a while.
func (a *activation) settled(err error) {
	attender, ok := a.core.(core.Attender)
	if a.phase != live || !ok {
		return
	}
	if err != nil {
		a.lookLater()
		return
	}
	a.looking = false
	if was := a.host.opts.Hub.TakeOver(a.addr); was.Sessions > 0 || a.online {
		a.proclaimed = a.proclaimed || was.Loud && !a.online
		a.online = true
		out := attender.Attend(true, true)
		a.emitUnasked(&out)
	} else if a.leftUnheard {
		out := attender.Attend(false, false)
		a.emitUnasked(&out)
	}
	a.leftUnheard = false
	a.attend()
}

// leaveLater lets the user count as online for a while yet: most clients that vanish come back at once.
func (a *activation) leaveLater() {
	pause := a.host.opts.OfflineAfter
	a.leaving = a.host.elapsed() + pause
	self, root := a.self, a.root
	time.AfterFunc(pause, func() { root.Send(self, &attendAgain{}) })
}

func (a *activation) tellOnline(attender core.Attender, online bool) {
	if a.online == online {
		return
	}
	a.online, a.leaving = online, 0
	out := attender.Attend(online, false)
	a.emitUnasked(&out)
	if !online {
		a.proclaim(attender, false)
	}
}

// proclaim tells who is no friend. Whoever heard that the user came hears that it went, whether or not the session that
// asked for it is still there.
func (a *activation) proclaim(attender core.Attender, online bool) {
	if a.proclaimed == online {
		return
	}
	a.proclaimed = online
	out := attender.Proclaim(online)
	a.emitUnasked(&out)
}
