package user_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/user"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Two friends come and go at random while nudges are under way, in order. Whatever happened, once all is quiet whoever is
// online hears of the other's next coming or going, once: neither believes something stale.
func TestUser_NoChangeOfAFriendIsMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPair(t)
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			who := rapid.SampledFrom([]im.UserID{"tom", "jerry"}).Draw(t, "who")
			if rapid.Bool().Draw(t, "comes or goes") {
				p.toggle(who)
			} else {
				p.pass(who)
			}
		}
		for _, who := range []im.UserID{"tom", "jerry"} {
			p.settle()
			p.heard = nil
			p.toggle(who)
			p.settle()
			var want []core.Presence
			if p.online[friendOf(who)] {
				want = []core.Presence{{Friend: who, Online: p.online[who]}}
			}
			if !slices.Equal(p.heard, want) {
				t.Fatalf("%s, online %v: heard %v, want %v", who, p.online, p.heard, want)
			}
		}
	})
}

// pair is tom and jerry, who are friends, and the nudges between them.
type pair struct {
	users  map[im.UserID]*user.User
	online map[im.UserID]bool
	// coming holds what is under way to each.
	coming map[im.UserID][]*pb.Nudge
	// heard is what sessions were told, of either.
	heard []core.Presence
}

func friendOf(u im.UserID) im.UserID {
	if u == "tom" {
		return "jerry"
	}
	return "tom"
}

func newPair(t *rapid.T) *pair {
	p := &pair{users: map[im.UserID]*user.User{}, online: map[im.UserID]bool{}, coming: map[im.UserID][]*pb.Nudge{}}
	for _, u := range []im.UserID{"tom", "jerry"} {
		friend := &pb.FriendFact{Peer: string(friendOf(u)), Friends: true}
		w := beginAt(im.User("app", u))
		w.do(t, tell(jerry, &pb.Told{Seq: 1, Body: &pb.Told_Friend{Friend: friend}}))
		p.users[u] = w.User
	}
	return p
}

func (p *pair) toggle(who im.UserID) {
	p.online[who] = !p.online[who]
	p.send(p.users[who].Attend(p.online[who]))
}

// pass lets the next nudge arrive.
func (p *pair) pass(to im.UserID) {
	if len(p.coming[to]) == 0 {
		return
	}
	next := p.coming[to][0]
	p.coming[to] = p.coming[to][1:]
	p.send(p.users[to].Hear(next.GetPresence()))
}

func (p *pair) send(out core.Out) {
	for _, n := range out.Nudge {
		to := im.UserID(n.To.Id)
		p.coming[to] = append(p.coming[to], n)
	}
	p.heard = append(p.heard, out.Announce...)
}

func (p *pair) settle() {
	for len(p.coming["tom"])+len(p.coming["jerry"]) > 0 {
		p.pass("tom")
		p.pass("jerry")
	}
}
