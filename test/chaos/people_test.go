package chaos

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"

	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/servertest"
	"github.com/parley-im/parley/test/client"
)

// invite makes the users and their conversations: a pair of friends for each two, strangers, two groups, a room of all.
func (r *run) invite() {
	r.t.Helper()
	for i := range userCount {
		u := &user{name: fmt.Sprintf("user%d", i+1), journal: r.journal, names: map[client.To]string{}, homeward: make(chan struct{}, 1), impatient: i%2 == 1}
		u.rng = rand.New(rand.NewPCG(r.seed, uint64(i)))
		for k := range r.Nodes {
			u.nodes = append(u.nodes, r.Nodes[(i+k)%len(r.Nodes)])
		}
		r.users = append(r.users, u)
	}
	for i := 0; i < userCount; i += 2 {
		a, b := r.users[i], r.users[i+1]
		if err := rest(r.Nodes[0]).Befriend(r.t.Context(), a.name, b.name); err != nil {
			r.t.Fatal(err)
		}
		name := a.name + " and " + b.name
		r.meet(name, client.To{ID: b.name}, a, true)
		r.meet(name, client.To{ID: a.name}, b, true)
	}
	for g := range 2 {
		r.gather("/groups", fmt.Sprintf("group %d", g+1), client.Group, r.users[g*groupLimit:(g+1)*groupLimit])
	}
	r.introduce()
	r.room = "the room"
	r.gather("/rooms", r.room, client.Room, r.users)
	r.rosters = []*roster{
		{path: "/groups", limit: groupLimit, nodes: r.Nodes, journal: r.journal, seed: r.seed},
		{path: "/rooms", limit: userCount, nodes: r.Nodes, journal: r.journal, seed: r.seed + 1},
	}
}

// gather makes a group or a room. Every third of its members speaks without ids; in a room, all do.
func (r *run) gather(path, name string, kind int, members []*user) {
	r.t.Helper()
	var names []string
	for _, u := range members {
		names = append(names, u.name)
	}
	status, body, err := rest(r.Nodes[0]).Send(r.t.Context(), http.MethodPost, path, map[string]any{"owner": names[0], "members": names})
	var id string
	if err != nil || status != http.StatusOK || json.Unmarshal(body, &id) != nil {
		r.t.Fatalf("POST %s: %d %s %v", path, status, body, err)
	}
	for i, u := range members {
		r.meet(name, client.To{ID: id, Type: kind}, u, kind == client.Group && i%3 != 2)
	}
	if kind == client.Group {
		r.shards = append(r.shards, uint32(im.Group(servertest.App, im.GroupID(id)).Shard(shardCount)))
	}
}

// meet makes u talk in a conversation, which it knows as to.
func (r *run) meet(conversation string, to client.To, u *user, withID bool) {
	s := &strand{user: u, to: to, conversation: conversation, withID: withID, pause: strandPause}
	if to.Type == client.Room {
		s.pause = roomPause
	}
	u.strands = append(u.strands, s)
	u.names[to] = conversation
	r.members[conversation] = append(r.members[conversation], u)
}

// introduce makes every user shoot at three others who are no friends.
func (r *run) introduce() {
	for i, u := range r.users {
		for _, k := range []int{2, 3, 5} {
			v := r.users[(i+k)%len(r.users)]
			conversation := u.name + " to " + v.name
			r.meet(conversation, client.To{ID: v.name, Type: client.Stranger}, u, true)
			s := &shot{conversation: conversation, receiver: v, cue: make(chan struct{}, 1)}
			u.strands[len(u.strands)-1].shot = s
			v.names[client.To{ID: u.name, Type: client.Stranger}] = conversation
			r.members[conversation] = append(r.members[conversation], v)
			r.shots = append(r.shots, s)
		}
	}
}
