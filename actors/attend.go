package actors

import (
	"time"

	"github.com/parley-im/parley/actors/core"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// nudged takes what is meant for an actor that is awake. One that is loading will ask for the present state anyway.
func (a *activation) nudged(n *pb.Nudge) {
	attender, ok := a.core.(core.Attender)
	if a.phase != live || !ok {
		return
	}
	switch body := n.Body.(type) {
	case *pb.Nudge_Attend:
		a.attend()
	case *pb.Nudge_Presence:
		out := attender.Hear(body.Presence)
		a.emit(&out)
	}
}

// attend compares what the core was told with what the hub knows. Only the hub's present word counts, so that a nudge
// that was lost or came late does no harm.
func (a *activation) attend() {
	attender, ok := a.core.(core.Attender)
	if a.phase != live || !ok {
		return
	}
	attended := a.host.opts.Hub.Attended(a.addr)
	switch {
	case attended:
		a.leaving = time.Time{}
		a.tellOnline(attender, true)
	case a.online && a.leaving.IsZero():
		a.leaveLater()
	case a.online && !time.Now().Before(a.leaving):
		a.tellOnline(attender, false)
	}
	if a.online && a.leaving.IsZero() && a.host.opts.Hub.NotifiesAll(a.addr) {
		a.proclaim(attender, true)
	}
}

// attendAnew tells a core that was just loaded what the activation knows, and what changed meanwhile.
func (a *activation) attendAnew() {
	if attender, ok := a.core.(core.Attender); ok && a.online {
		out := attender.Attend(true)
		a.emit(&out)
	}
	a.attend()
}

// leaveLater lets the user count as online for a while yet: most clients that vanish come back at once.
func (a *activation) leaveLater() {
	pause := a.host.opts.OfflineAfter
	a.leaving = time.Now().Add(pause)
	self, root := a.self, a.root
	time.AfterFunc(pause, func() { root.Send(self, &attendAgain{}) })
}

func (a *activation) tellOnline(attender core.Attender, online bool) {
	if a.online == online {
		return
	}
	a.online, a.leaving = online, time.Time{}
	out := attender.Attend(online)
	a.emit(&out)
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
	a.emit(&out)
}
