package user_test

import (
	"fmt"

	"github.com/parley-im/parley/actors/core"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// bond is what a side knows of the friendship, which its dialog tells.
type bond struct {
	// tells are what the dialog has yet to tell, seq its last; the first is told until it is stored.
	tells []*pb.Told
	seq   uint64
	// writing is what follows from the first when it is stored; nil = the actor has not taken it.
	writing *core.Decision
	// isFriend is true from when the actor has taken that they are friends until it has stored that they are not.
	isFriend bool
	// isYoung is true from when they become friends until all is quiet.
	isYoung bool
}

// befriendOrPart has the dialog tell both of another friendship, or of its end, once they know of what was before.
func (p *pair) befriendOrPart() {
	for _, s := range p {
		if len(s.tells) > 0 || s.unsaid {
			return
		}
	}
	for _, s := range p {
		s.seq++
		s.isYoung, s.stayed = !s.isFriend, false
		fact := &pb.FriendFact{Peer: string(s.friend.id), Friends: !s.isFriend}
		s.tells = append(s.tells, &pb.Told{Seq: s.seq, Body: &pb.Told_Friend{Friend: fact}})
	}
}

// note has the actor take what is told. What follows waits for the log.
func (s *side) note() {
	if s.term == 0 || len(s.tells) == 0 || s.writing != nil {
		return
	}
	s.awake()
	d, err := s.core.Decide(tell(jerry, s.tells[0]), 100)
	if err != nil {
		s.t.Fatalf("tell: %v", err)
	}
	for _, ev := range d.Events {
		ev.TS = 100
		s.core.Apply(ev)
	}
	s.writing = &d
	s.isFriend = s.isFriend || s.tells[0].GetFriend().Friends
}

// store lets out what follows. When both know that they are friends, each sees how the other is.
func (s *side) store() {
	if s.writing == nil {
		return
	}
	out := s.writing.Out
	s.isFriend = s.tells[0].GetFriend().Friends
	s.state, s.tells, s.writing = s.core.Marshal(), s.tells[1:], nil
	s.history = append(s.history, fmt.Sprint("friends ", s.isFriend))
	s.send(out)
	if s.isFriend && len(s.friend.tells) == 0 {
		s.meet()
		s.friend.meet()
	}
}

// meet has the session look at its new friend.
func (s *side) meet() {
	s.believes = s.friend.there || s.friend.online || s.friend.sleeper
	s.was = map[bool]bool{s.believes: true, s.friend.there: true}
}
