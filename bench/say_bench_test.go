package bench

import (
	"fmt"
	"testing"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/dispatch"
	"github.com/parley-im/parley/transport/hub"
	"github.com/parley-im/parley/transport/wire"
)

const (
	sayingRooms  = 50
	roomMembers  = 50
	sayingWindow = 800
)

// What does a message in a small room cost, from its text to the bytes for its listeners, without the sockets on either side? In
// each of 50 rooms of 50, one talks; 800 messages are under way.
func BenchmarkRoomSay(b *testing.B) {
	h := hub.New(hub.Options{})
	node, log := startActorsWith(b, publisher{hub: h})
	d := dispatch.New(dispatch.Options{Actors: node})
	rooms, texts := make([]im.Address, sayingRooms), make([][]byte, sayingRooms)
	for i := range rooms {
		rooms[i] = im.Room(benchApp, im.RoomID(fmt.Sprintf("room-%028d", i)))
		fillRoom(b, log, rooms[i], roomMembers)
		attendRoom(h, rooms[i])
		texts[i] = fmt.Appendf(nil, `["say",{"to":{"id":%q,"type":2},"content":{"media":0,"body":%s}}]`, rooms[i].ID, body)
	}
	w := newWindow(sayingWindow)
	say := func(i int) {
		w.slots <- struct{}{}
		_, arg, err := wire.ParseEvent(texts[i])
		if err != nil {
			b.Fatal(err)
		}
		said, err := wire.ParseSay(arg)
		if err != nil {
			b.Fatal(err)
		}
		s := dispatch.Say{From: "member-00000000", To: rooms[i], Body: said.Body, Session: "s"}
		d.SayLive(s, func(_ dispatch.Said, err error) {
			if err != nil {
				w.failed.Add(1)
				w.reason.Store(err.Error())
			}
			<-w.slots
		})
	}
	for i := range rooms { // wakes them
		say(i)
	}
	w.drain(b)
	w = newWindow(sayingWindow)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		say(i % sayingRooms)
	}
	w.drain(b)
	h.Settle()
}

// publisher hands what is said in rooms to a hub.
type publisher struct {
	noHub
	hub *hub.Hub
}

func (p publisher) Publish(room im.Address, epoch im.Epoch, d *pb.Delivery) {
	p.hub.Publish(room, epoch, d)
}

var _ actors.Hub = publisher{}

// attendRoom has sessions listen to a room that write nothing.
func attendRoom(h *hub.Hub, room im.Address) {
	for i := range roomMembers {
		who := im.User(benchApp, im.UserID(fmt.Sprint(room.ID, "-", i)))
		l := &sharer{id: im.SessionID(who.ID)}
		h.Enter(who, l, false)
		h.Admit(who, l)
		h.Listen(who, false, []im.RoomID{im.RoomID(room.ID)}, nil)
	}
}
