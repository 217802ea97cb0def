package attendance

import (
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Receive takes a frame of another node, in the order of its link. It reports whether the frame was meant for it.
func (a *Attendance) Receive(from string, f *pb.Frame) bool {
	switch body := f.GetBody().(type) {
	case *pb.Frame_Done:
		a.calls.done(from, body.Done)
	case *pb.Frame_Attendance:
		a.take(from, f.GetNumber(), body.Attendance)
	case *pb.Frame_Deliver:
		d := body.Deliver
		a.opts.Hub.Deliver(d.GetUser().Addr(), d.GetTeller().Addr(), d.GetDelivery())
		a.answer(from, &pb.Done{Number: f.GetNumber()})
	case *pb.Frame_Listen:
		a.hearListen(from, f.GetNumber(), body.Listen)
	case *pb.Frame_Publish:
		p := body.Publish
		a.opts.Hub.Relay(p.GetRoom().Addr(), im.Epoch{Term: p.GetTerm(), Activation: p.GetActivation()}, p.GetDelivery())
	case *pb.Frame_Announce:
		a.opts.Hub.Announce(body.Announce.GetUser().Addr(), body.Announce)
	case *pb.Frame_Proclaim:
		a.hearProclaim(body.Proclaim)
	case *pb.Frame_Broadcast:
		a.opts.Hub.Broadcast(im.AppID(body.Broadcast.GetApp()), body.Broadcast.GetDelivery())
	default:
		return false
	}
	return true
}

// hearListen answers when the rooms' owners know who listens here.
func (a *Attendance) hearListen(from string, number uint64, m *pb.Listen) {
	end := func(err error) { a.answer(from, &pb.Done{Number: number, Error: errKind(err)}) }
	all := &tally{done: end}
	a.listenHere(m, all)
	if later, err := all.begun(); !later {
		end(err)
	}
}

func (a *Attendance) hearProclaim(p *pb.Proclaim) {
	friends := make([]im.UserID, len(p.GetFriends()))
	for i, id := range p.GetFriends() {
		friends[i] = im.UserID(id)
	}
	a.opts.Hub.Proclaim(p.GetUser().Addr(), p.GetOnline(), friends)
}

// answer sends an answer. One that a link has no room for is missed, and its caller says it again.
func (a *Attendance) answer(to string, d *pb.Done) {
	a.send([]string{to}, &pb.Frame{Body: &pb.Frame_Done{Done: d}})
}
