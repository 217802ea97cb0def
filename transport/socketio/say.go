package socketio

import (
	"context"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/socketio/packet"
	"github.com/parley-im/parley/transport/wire"
)

// hear takes an event of a logged-in user. There is one, `say`; others, and what is no event, are ignored.
func (s *session) hear(c *chat, p packet.Packet) {
	event, arg, err := wire.ParseEvent(p.Data)
	if err != nil || event != eventSay {
		return
	}
	say, err := parseSay(arg)
	if err != nil {
		s.answer(c, p, wire.SayRefused(nil, im.KindOf(err)))
		return
	}
	key := laneKey{say.ToType, say.ToID}
	s.lanes.add(key, job{size: len(p.Data), do: func(ctx context.Context) { s.say(ctx, c, p, say) }})
}

// parseSay refuses what cannot be a message to a friend, the one sort that is taken.
func parseSay(arg []byte) (wire.Say, error) {
	say, err := wire.ParseSay(arg)
	if err == nil && say.ToType != wire.ToFriend {
		err = im.E("socketio.say", im.Unsupported, "")
	}
	return say, err
}

// say carries a message out and answers it (section 5.3). Without an ack id nobody hears of a failure.
func (s *session) say(ctx context.Context, c *chat, p packet.Packet, say wire.Say) {
	said, err := s.srv.opts.Commands.Say(ctx, c.app, dispatch.Say{
		From: c.user, To: im.UserID(say.ToID), Media: say.Media, Body: say.Body, Remark: say.Remark,
		Session: c.id, Push: say.Push, ClientID: say.ID,
	})
	if err != nil {
		s.fail(c, p, err)
		return
	}
	if say.Ack != nil && s.present(c) {
		c.emit(eventAck, wire.Ack(nil, say.Ack, said.TS))
	}
	s.answer(c, p, wire.SayAnswer(nil, wire.Said{TS: said.TS, N: said.N, ID: say.ID, Duplicate: said.Duplicate}))
}

func (s *session) fail(c *chat, p packet.Packet, err error) {
	kind := im.KindOf(err)
	if kind == im.Internal {
		s.srv.opts.Logger.Error("say failed", "app", c.app, "err", err)
	}
	s.answer(c, p, wire.SayRefused(nil, kind))
}

// answer acknowledges p, if it asked for that.
func (s *session) answer(c *chat, p packet.Packet, arguments []byte) {
	if p.HasID && s.present(c) {
		s.eng.Send(packet.AppendAck(nil, packet.Chat, p.ID, arguments))
	}
}

// present reports whether c has not been left.
func (s *session) present(c *chat) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.chat == c
}
