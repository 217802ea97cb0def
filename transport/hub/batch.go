package hub

import (
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Batch is frames that go out together, in their order. It is shared by all who get it: nobody changes it.
type Batch struct {
	// Frames are the frames, at least one, each as Session.Send takes it. They share memory with Joined.
	Frames [][]byte
	// Joined is all of them in a row.
	Joined []byte
}

// newBatch makes a batch of frames that were appended one after the other: ends says where each ends.
func newBatch(joined []byte, ends []int) Batch {
	frames := make([][]byte, len(ends))
	begin := 0
	for i, end := range ends {
		frames[i] = joined[begin:end:end]
		begin = end
	}
	return Batch{frames, joined}
}

// saying is what was said in a room and has not gone to its listeners yet.
type saying struct {
	epoch im.Epoch
	event event
	d     *pb.Delivery
	// said is when, by Options.Elapsed.
	said time.Duration

	// mirror is made for the first session that gets one: the speaker seldom has another.
	once   sync.Once
	mirror []byte
}

// size is about what it takes in memory and on the wire.
func (s *saying) size() int {
	said := s.d.GetSaid()
	return envelope + len(said.GetContent().GetBody()) + len(said.GetRemark())
}

func (s *saying) speaker() im.UserID { return im.UserID(s.d.GetFrom()) }

// appendFrame appends the frame for those who did not say it.
func (s *saying) appendFrame(dst []byte) []byte { return appendMessage(dst, s.event, s.d) }

func (s *saying) toSpeaker() []byte {
	s.once.Do(func() {
		s.mirror = assembled(func(dst []byte) []byte { return appendMessage(dst, yourself, s.d) })
	})
	return s.mirror
}

// pass is one round over the listeners of a room, with what was said there since the one before.
type pass struct {
	sayings []*saying
	// batch is for those who said nothing of it.
	batch    Batch
	speakers []im.UserID
	// tags has the bits of all speakers, of a part those of the whole: see tagOf.
	tags uint64
	// byID has the speakers, when they are many; of a part, those of the whole.
	byID map[im.UserID]bool
}

// manySpeakers is from how many on a table is faster than a look at each.
const manySpeakers = 8

func newPass(sayings []*saying) *pass {
	p := &pass{sayings: sayings, batch: batchOf(sayings), speakers: make([]im.UserID, len(sayings))}
	for i, s := range sayings {
		p.speakers[i] = s.speaker()
		p.tags |= 1 << tagOf(p.speakers[i])
	}
	if len(p.speakers) > manySpeakers {
		p.byID = make(map[im.UserID]bool, len(p.speakers))
		for _, id := range p.speakers {
			p.byID[id] = true
		}
	}
	return p
}

// batchOf frames what was said.
func batchOf(sayings []*saying) Batch {
	ends := make([]int, len(sayings))
	joined := assembled(func(dst []byte) []byte {
		for i, s := range sayings {
			dst = s.appendFrame(dst)
			ends[i] = len(dst)
		}
		return dst
	})
	return newBatch(joined, ends)
}

// part returns the pass over sayings[from:to] of it, with frames of its own: see some.
func (p *pass) part(from, to int) *pass {
	return &pass{sayings: p.sayings[from:to], batch: copied(p.batch.Frames[from:to]), speakers: p.speakers[from:to], tags: p.tags, byID: p.byID}
}

func size(frames [][]byte) (bytes int) {
	for _, f := range frames {
		bytes += len(f)
	}
	return bytes
}

// spoke reports whether the member's user said any of it. NB: its name is looked at last, since it lies elsewhere in memory: in a room where little is said that
// was a fifth of what a listener costs beside its write.
func (p *pass) spoke(m *member) bool {
	switch {
	case p.tags>>m.tag&1 == 0:
		return false
	case p.byID != nil:
		return p.byID[m.user]
	}
	return slices.Contains(p.speakers, m.user)
}

var tagSeed = maphash.MakeSeed()

// tagOf returns a number below 64 that says of most users that they are not the same.
func tagOf(id im.UserID) uint8 { return uint8(maphash.String(tagSeed, string(id)) % 64) }

// give hands the listeners what each is to get.
func (p *pass) give(listeners []*member) (got reach) {
	for _, m := range listeners {
		if p.spoke(m) {
			p.giveSpeaker(m, &got)
			continue
		}
		if m.sendAll(p.batch) {
			got.others++
		}
	}
	return got
}

// giveSpeaker gives a session of somebody who spoke the mirrors of that, unless it said it itself, among the rest.
func (p *pass) giveSpeaker(m *member, got *reach) {
	var frames [][]byte
	var here reach
	for i, s := range p.sayings {
		switch {
		case p.speakers[i] != m.user:
			frames = append(frames, p.batch.Frames[i])
			here.count(s.event)
		case !m.isOrigin(s.d):
			frames = append(frames, s.toSpeaker())
			here.mirrors++
		}
	}
	if len(frames) > 0 && m.sendAll(p.some(frames)) {
		got.add(here)
	}
}

// some makes a batch of some frames for a session. NB: what is a part of all that was said is copied. A frame would keep all of
// that in memory, and the session is charged for the frame alone.
func (p *pass) some(frames [][]byte) Batch {
	if len(p.sayings) == 1 {
		return Batch{frames, frames[0]}
	}
	return copied(frames)
}

// copied makes a batch with memory of its own.
func copied(frames [][]byte) Batch {
	joined, ends := make([]byte, 0, size(frames)), make([]int, len(frames))
	for i, f := range frames {
		joined = append(joined, f...)
		ends[i] = len(joined)
	}
	return newBatch(joined, ends)
}

// reach is to how many sessions a pass has gone.
type reach struct {
	// others got all of it.
	others int
	// messages, systems and mirrors are what those got who spoke.
	messages, systems, mirrors int
}

func (r *reach) count(e event) {
	if e == system {
		r.systems++
		return
	}
	r.messages++
}

func (r *reach) add(o reach) {
	r.others += o.others
	r.messages += o.messages
	r.systems += o.systems
	r.mirrors += o.mirrors
}

// counts adds up how many sessions got each event.
func (p *pass) counts(r reach) (messages, systems, mirrors int) {
	for _, s := range p.sayings {
		if s.event == system {
			r.systems += r.others
		} else {
			r.messages += r.others
		}
	}
	return r.messages, r.systems, r.mirrors
}
