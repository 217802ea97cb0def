package user_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/user"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Two friends come and go at random while their actors start over, sleep and wake, while the owners of their shards end and
// others take over, while nudges are under way, in order, or lost, and while the friendship ends and begins again. When all is
// quiet, each session believes of the friend what is true: what it saw when it came, or when they became friends, or heard last.
// None that stays hears that a friend went who was there all the time, nor that one came who was not there at all, nor anything of
// who is no friend.
//
// Checked by breaking it: it fails when nobody doubts what an earlier owner said (Doubt), when nobody is asked again (Remind),
// when nobody answers for who sleeps (side.answerFor), and when sessions go on believing what they do of who was no friend (Now).
func TestUser_NoChangeOfAFriendIsMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, parts := newPair(t), rapid.Bool().Draw(t, "they part")
		t.Repeat(map[string]func(*rapid.T){
			"come": p.any((*side).come), "leave": p.any((*side).leave), "look": p.any((*side).look), "expire": p.any((*side).expire),
			"pass": p.any((*side).pass), "pass on": p.any((*side).pass), "lose": p.any((*side).lose), "remind": p.any((*side).remind),
			"end": p.any((*side).end), "take": p.any((*side).take), "wake": p.any((*side).wake), "become certain": p.any((*side).becomeCertain),
			"doubt": p.any((*side).doubt), "reset": p.any((*side).reset), "sleep": p.any((*side).sleep), "speak late": p.any((*side).speakLate),
			"note": p.any((*side).note), "store": p.any((*side).store),
			"befriend or part": func(*rapid.T) {
				if parts {
					p.befriendOrPart()
				}
			},
			"settle": func(*rapid.T) { p.settle() },
			"":       func(*rapid.T) {},
		})
		p.settle()
		for _, s := range p {
			if s.there && s.isFriend && s.believes != s.friend.there {
				t.Fatalf("%s believes %v of %s\n%v", s.id, s.believes, s.friend.id, s.history)
			}
			if s.core != nil && s.core.Awaits() {
				t.Fatalf("%s awaits an answer for ever", s.id)
			}
		}
	})
}

type pair [2]*side

// side is one of two friends: the session, its hub, and the actor in its shard.
type side struct {
	t      fataler
	id     im.UserID
	shard  uint32
	friend *side
	state  []byte

	// there is true while there is a session. It believes the friend to be online or not; was holds what has been so of
	// the friend since all was quiet last.
	there, believes bool
	was             map[bool]bool
	// stayed is true once all that was under way when the session came has arrived.
	stayed  bool
	hub     *belief
	history []string

	// term is that of the owner, 0 while there is none, last that of the last one; doubted is the last that was doubted.
	term, last, doubted uint64
	// certain is true once the owner knows who is not there, sleeper while the actor of a session that was there is to wake.
	certain, sleeper bool
	// unsaid is true when something that the actor said was lost, and was not said again. Meanwhile its owner does not end,
	// and the friend does not come: that both happen at once is not covered.
	unsaid bool
	// core is nil while the actor sleeps; deposed is that of an owner who does not know it.
	core, deposed    *user.User
	deposedAs        im.Epoch
	activation       uint64
	online, mustLook bool
	coming           []*pb.Presence
	highest          uint64
	bond
}

// belief is what a hub knows of what a session believes: 0 nobody knows, 1 online, -1 offline.
type belief struct {
	term  uint64
	knows int
}

func newPair(t *rapid.T) *pair {
	p := &pair{{id: "tom", shard: 1}, {id: "jerry", shard: 2}}
	p[0].friend, p[1].friend = p[1], p[0]
	for _, s := range p {
		s.t, s.term, s.last, s.certain = t, 1, 1, true
	}
	p.befriendOrPart()
	p.settle()
	return p
}

// any has one of the two do something.
func (p *pair) any(do func(*side)) func(*rapid.T) {
	return func(t *rapid.T) { do(rapid.SampledFrom(p[:]).Draw(t, "who")) }
}

// come lets a session in: its login goes to the actor, which looks. It sees how the friend is, or what its actor
// believes, who has heard by then what was under way.
func (s *side) come() {
	if s.there || s.term == 0 || s.friend.unsaid {
		return
	}
	for len(s.coming) > 0 {
		s.pass()
	}
	s.hub = &belief{}
	s.awake()
	d, err := s.core.Decide(login(""), 100)
	if err != nil {
		s.t.Fatalf("login: %v", err)
	}
	s.send(d.Out)
	s.there, s.mustLook, s.stayed = true, true, false
	s.believes = s.hub.knows > 0 || s.friend.online || s.friend.sleeper || s.friend.there && s.friend.term == 0
	s.was = map[bool]bool{s.believes: true}
	s.friend.see(true)
	s.history = append(s.history, fmt.Sprint("came, sees ", s.believes))
	s.look()
}

func (s *side) leave() {
	if s.there {
		s.there, s.mustLook, s.hub = false, true, nil
		s.friend.see(false)
	}
}

// see notes what is so of the friend.
func (s *side) see(online bool) {
	if s.was != nil {
		s.was[online] = true
	}
}

// look is what the shell does when it is nudged, or has loaded.
func (s *side) look() {
	if s.core == nil || !s.mustLook {
		return
	}
	s.mustLook = false
	if s.sleeper || s.there && !s.online {
		wasThere := s.sleeper
		s.sleeper, s.online = false, true
		s.send(s.core.Attend(true, wasThere))
	}
}

// expire is the end of the time for which who left counts as online.
func (s *side) expire() {
	if s.core != nil && s.online && !s.there {
		s.online = false
		s.send(s.core.Attend(false, false))
	}
}

// awake loads the actor if it sleeps. Of a session that was there before its owner it takes over that it is online, when it looks.
func (s *side) awake() {
	if s.core == nil {
		s.load()
		s.mustLook = true
	}
}

func (s *side) load() {
	s.core = user.New(im.User("app", s.id))
	if err := s.core.Unmarshal(s.state); err != nil {
		s.t.Fatalf("%v", err)
	}
	s.activation++
	s.writing = nil
}

// reset is what the shell does when an append was not stored. That the actor told the friend something meanwhile, and forgets the
// friendship, is not covered.
func (s *side) reset() {
	if s.core == nil || s.isYoung {
		return
	}
	left := !s.online && s.core.Awaits()
	s.load()
	if s.online || left {
		s.send(s.core.Attend(s.online, s.online))
	}
}

func (s *side) sleep() {
	if s.core != nil && !s.mustLook && !s.online && !s.there && s.writing == nil && !s.core.Awaits() {
		s.core = nil
	}
}

// end is the owner's, and of what was on its way to it; who was awake is with it. It does not end while a friendship begins: that
// its user goes with it then is not covered.
func (s *side) end() {
	if s.term != 0 && !s.unsaid && !s.isYoung {
		s.coming = nil
		s.deposed, s.deposedAs = s.core, im.Epoch{Term: s.term, Activation: s.activation}
		s.term, s.core, s.writing, s.online, s.certain, s.sleeper = 0, nil, nil, false, false, false
	}
}

// take is that of a new owner, who finds the session.
func (s *side) take() {
	if s.term == 0 {
		s.last++
		s.term, s.sleeper = s.last, s.there
	}
}

func (s *side) wake() {
	if s.term != 0 && s.sleeper {
		s.awake()
		s.look()
	}
}

func (s *side) becomeCertain() { s.certain = s.term != 0 }

// doubt is what the node of the friend's actor has it do when it hears of another owner, long after the last word of the one
// before has arrived.
func (s *side) doubt() {
	for len(s.coming) > 0 && s.coming[0].Term < s.friend.last {
		s.pass()
	}
	s.highest = s.friend.last
	if s.core != nil && s.friend.last > s.doubted {
		s.doubted = s.friend.last
		s.send(s.core.Doubt(im.ShardID(s.friend.shard), s.friend.last))
	}
}

// speakLate lets the actor of an owner that was deposed go on asking.
func (s *side) speakLate() {
	if s.deposed != nil {
		s.nudge(s.deposed.Remind(false).Nudge, s.deposedAs)
	}
}

func (s *side) remind() {
	s.unsaid = false
	if s.core != nil && s.core.Awaits() {
		s.send(s.core.Remind(false))
	}
}

// lose loses the next nudge, if it is one that is said again. That one is lost while a friendship begins is not covered.
func (s *side) lose() {
	if len(s.coming) > 0 && !s.isYoung && (s.coming[0].Asks != nil || s.coming[0].Answers != nil) {
		s.coming, s.friend.unsaid = s.coming[1:], true
	}
}

// pass lets the next nudge arrive.
func (s *side) pass() {
	if len(s.coming) == 0 {
		return
	}
	p := s.coming[0]
	s.coming = s.coming[1:]
	switch {
	case s.core != nil:
		s.hear(p)
	case p.Asks != nil:
		s.answerFor(p)
	}
}

func (s *side) hear(p *pb.Presence) {
	q := p.Answers
	if q != nil && (q.Term != s.term || q.Activation != s.activation) || p.Term < s.highest || s.sleeper {
		return
	}
	s.highest = p.Term
	s.send(s.core.Hear(p))
}

// answerFor is what an owner does for an actor that sleeps.
func (s *side) answerFor(p *pb.Presence) {
	switch {
	case !s.certain || s.sleeper:
	case s.there:
		s.awake()
	default:
		answer := &pb.Presence{User: string(s.id), Silent: p.Asks.Fresh, Answers: p.Asks, Shard: s.shard, Term: s.term}
		s.friend.post(answer)
	}
}

func (s *side) send(out core.Out) {
	now := s.core.Now(out.AllFriends, out.Met)
	for _, a := range append(out.Announce, now.Announce...) {
		a.Term = s.term
		s.announce(a)
	}
	s.nudge(append(out.Nudge, now.Nudge...), im.Epoch{Term: s.term, Activation: s.activation})
}

func (s *side) nudge(all []*pb.Nudge, as im.Epoch) {
	for _, n := range all {
		p := n.GetPresence()
		p.Shard, p.Term = s.shard, as.Term
		if p.Asks != nil {
			p.Asks.Term, p.Asks.Activation = as.Term, as.Activation
		}
		s.friend.post(p)
	}
}

// post sends a nudge to the owner; without one it is lost.
func (s *side) post(p *pb.Presence) {
	if s.term != 0 {
		s.coming = append(s.coming, p)
	}
}

// announce is the hub's part, for the one friend that there is.
func (s *side) announce(a *pb.Announce) {
	if s.hub == nil || a.Term < s.hub.term {
		return
	}
	is := len(a.Online) - len(a.Offline)
	s.hub.term = a.Term
	switch before := s.hub.knows; {
	case a.Whole && len(a.Unsure) == 0 && is == 0: // who is not named is not there
		s.hub.knows = -1
		if before > 0 {
			s.told(false)
		}
	case is == 0 && a.Whole: // nobody knows better
	case is == 0:
		s.hub.knows = 0
	default:
		s.hub.knows = is
		if is != before && (before != 0 || !a.Silent) {
			s.told(is > 0)
		}
	}
}

// told is a session that hears something. What was under way when it came may be true no more.
func (s *side) told(online bool) {
	if !s.there {
		return
	}
	s.history = append(s.history, fmt.Sprint("hears ", online))
	if !s.isFriend {
		s.t.Fatalf("%s hears of %s, who is no friend\n%v", s.id, s.friend.id, s.history)
	}
	if s.stayed && !s.was[online] && !(online && (s.friend.online || s.friend.sleeper)) {
		s.t.Fatalf("%s hears that %s is online: %v, which it was not\n%v", s.id, s.friend.id, online, s.history)
	}
	s.believes = online
}

// settle lets all happen that must happen sooner or later.
func (p *pair) settle() {
	for range 4 {
		for _, s := range p {
			s.deposed = nil
			s.take()
			s.note()
			s.store()
			s.wake()
			s.becomeCertain()
			s.doubt()
			s.look()
			s.expire()
			s.remind()
		}
		for len(p[0].coming)+len(p[1].coming) > 0 {
			p[0].pass()
			p[1].pass()
		}
	}
	for _, s := range p {
		s.stayed, s.isYoung = s.there, false
		s.was = map[bool]bool{s.friend.there: true}
	}
}
