package socketio

import (
	"context"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/socketio/packet"
	"github.com/parley-im/parley/transport/wire"
)

// hear takes an event of who is logged in. Unknown ones, and what is no event, are ignored.
func (s *session) hear(c *chat, p packet.Packet) {
	event, arg, err := wire.ParseEvent(p.Data)
	if err != nil {
		return
	}
	switch event {
	case eventSay:
		s.hearSay(c, p, arg)
	case eventLogout:
		s.hearLogout(c, p, arg)
	}
}

// saying is a message on its way from a client.
type saying struct {
	chat   *chat
	packet packet.Packet
	say    wire.Say
	// to is the target; to a user, relation says as what the speaker talks.
	to       im.Address
	relation im.Relation
}

// hearSay carries a message out or refuses it. What is stored waits in the lane of its target, since it may have to be
// sent again; what is said in a room is not, so that many messages may be under way in their order.
func (s *session) hearSay(c *chat, p packet.Packet, arg []byte) {
	say, err := wire.ParseSay(arg)
	to, relation, known := target(c.who, say)
	if err == nil && !known {
		err = im.E("socketio.say", im.Invalid, "")
	}
	if err != nil {
		s.answer(c, p, wire.SayRefused(nil, im.KindOf(err)))
		return
	}
	m := &saying{c, p, say, to, relation}
	if to.Kind == im.KindRoom {
		s.sayLive(m)
		return
	}
	s.lanes.add(to, job{size: len(p.Data), do: func(ctx context.Context) { s.say(ctx, m) }})
}

// target returns to whom who says it, and as what; ok = false when who may not talk to such. A passenger talks to users only.
func target(who im.Address, say wire.Say) (to im.Address, as im.Relation, ok bool) {
	app := who.App
	if who.Kind == im.KindPassenger {
		return im.User(app, im.UserID(say.ToID)), im.PassengerRelation, say.ToType == wire.ToFriend
	}
	switch say.ToType {
	case wire.ToFriend:
		return im.User(app, im.UserID(say.ToID)), im.FriendRelation, true
	case wire.ToGroup:
		return im.Group(app, im.GroupID(say.ToID)), "", true
	case wire.ToRoom:
		return im.Room(app, im.RoomID(say.ToID)), "", true
	case wire.ToPassenger:
		return im.Passenger(app, im.PassengerID(say.ToID)), im.PassengerRelation, true
	case wire.ToStranger:
		return im.User(app, im.UserID(say.ToID)), im.StrangerRelation, true
	}
	return im.Address{}, "", false
}

// say stores a message and answers it.
func (s *session) say(ctx context.Context, m *saying) {
	said, err := s.srv.opts.Commands.Say(ctx, m.command())
	s.said(m, said, err)
}

// sayLive passes a message on, and answers it when the answer comes.
func (s *session) sayLive(m *saying) {
	if !s.srv.tasks.begin() {
		return
	}
	size := len(m.packet.Data)
	s.flight.began(size)
	s.srv.opts.Commands.SayLive(m.command(), func(said dispatch.Said, err error) {
		s.said(m, said, err)
		s.flight.ended(size)
		s.srv.tasks.end()
	})
}

func (m *saying) command() dispatch.Say {
	return dispatch.Say{
		From: im.UserID(m.chat.who.ID), To: m.to, Relation: m.relation, Media: m.say.Media, Body: m.say.Body, Remark: m.say.Remark,
		Session: m.chat.id, Push: m.say.Push, ClientID: m.say.ID,
	}
}

// said answers a message (section 5.3). Without an ack id nobody hears of a failure.
func (s *session) said(m *saying, said dispatch.Said, err error) {
	if err != nil {
		s.fail(m.chat, m.packet, err)
		return
	}
	if m.say.Ack != nil && s.present(m.chat) {
		m.chat.emit(eventAck, wire.Ack(nil, m.say.Ack, said.TS))
	}
	answer := wire.Said{TS: said.TS, N: said.N, ID: m.say.ID, Duplicate: said.Duplicate}
	var room [answerRoom]byte
	s.answer(m.chat, m.packet, wire.SayAnswer(room[:0], answer))
}

func (s *session) fail(c *chat, p packet.Packet, err error) {
	kind := im.KindOf(err)
	if kind == im.Internal {
		s.srv.opts.Logger.Error("say failed", "app", c.who.App, "err", err)
	}
	s.answer(c, p, wire.SayRefused(nil, kind))
}

// answer acknowledges p, if it asked for that.
func (s *session) answer(c *chat, p packet.Packet, arguments []byte) {
	if p.HasID && s.present(c) {
		var room [answerRoom]byte
		s.eng.Send(packet.AppendAck(room[:0], packet.Chat, p.ID, arguments))
	}
}

// answerRoom is enough for most answers, in bytes; longer ones take more memory.
const answerRoom = 160

// present reports whether c has not been left.
func (s *session) present(c *chat) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.chat == c
}
