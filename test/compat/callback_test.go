package compat

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// What is said to a room in the callback of addRoomMembers reaches the new member: 1,000 times of 1,000, each time for
// another pair of room and member. Members are logged in by clients of all kinds. What a member misses would come late
// or never: the last thing said to each room comes after it.
func TestRoom_AddThenSendReachesTheNewMember(t *testing.T) {
	t.Parallel()
	const rooms, members = 100, 10
	s := servertest.Start(t)
	tom := login(t, s, maxleap, "tom")
	var newcomers []*session
	var users []string
	for i := range members {
		users = append(users, fmt.Sprintf("newcomer-%d", i))
		newcomers = append(newcomers, login(t, s, kinds[i%len(kinds)], users[i]))
	}
	var ids []string
	late := map[string]bool{} // who joined when the machine stood still: the answer does not wait for longer
	for range rooms {         // one command each: the deadline is for a command
		var made struct{ IDs, Late []string }
		tom.decode(tom.Do("welcome", 1, users), &made)
		ids = append(ids, made.IDs...)
		for _, l := range made.Late {
			late[l] = true
		}
	}
	for _, room := range ids {
		tom.sayTo(client.To{ID: room, Type: typeRoom}, client.Content{Body: "end"})
	}

	heard := 0
	for _, p := range newcomers {
		p.AwaitNth("message", rooms, func(raw json.RawMessage) bool { return bodyIs(raw, "end") })
		welcomed := p.welcomes()
		for _, room := range ids {
			if welcomed[room] == 1 || late[room+" "+p.user] {
				heard++
			}
		}
	}
	if t.Logf("%d of %d joined late", len(late), rooms*members); len(late) > rooms*members/2 {
		t.Error("hardly anybody joined in time: the test proves little")
	}
	if heard != rooms*members {
		t.Errorf("new members heard their welcome in %d rooms of %d", heard, rooms*members)
	}
}

// welcomes counts, by room, how often the session has heard that it was welcome itself.
func (p *session) welcomes() map[string]int {
	counts := map[string]int{}
	for _, e := range p.Heard("message") {
		var said struct{ To struct{ ID string } }
		if bodyIs(e.Arg, "welcome "+p.user) {
			p.decode(e.Arg, &said)
			counts[said.To.ID]++
		}
	}
	return counts
}
