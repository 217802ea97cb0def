package user

import (
	"maps"
	"slices"
	"strings"

	"github.com/parley-im/parley/im"
)

// sort is what sort of relation a fact is about: what kind of actor tells of it, and of dialogs, which relation that has.
type sort struct {
	kind   im.Kind
	dialog im.Relation
}

var (
	friends    = sort{im.KindDialog, im.FriendRelation}
	strangers  = sort{im.KindDialog, im.StrangerRelation}
	passengers = sort{im.KindDialog, im.PassengerRelation}
	groups     = sort{kind: im.KindGroup}
	rooms      = sort{kind: im.KindRoom}
	installs   = sort{kind: im.KindDevice}
)

// relation is what a fact is about.
type relation struct {
	sort
	// id is that of the other party, the group, the room or the installation.
	id string
}

// lasting reports whether r is kept for good once it ended. Friends are few, and often come back; rooms come and go
// without end.
func (r relation) lasting() bool { return r.kind == im.KindDialog }

// fact is what was told last of a relation.
type fact struct {
	// holds is false once the relation ended.
	holds bool
	// seq is the teller's seq of the fact; one that is told with a lower or equal one is a repeat.
	seq uint64
	// since is the teller's stamp in ms. NB: when the relation ended and is not lasting, it is the stamp of this user's
	// log, by which it will be forgotten, moved by sweep; a teller's clock may differ, and a tell come late.
	since int64
}

// facts holds ended relations too, for a while: their seq is what tells a repeated older fact from a new one.
type facts map[relation]fact

// forgetAfter is how long an ended relation is kept at least, in the time of the log. A tell is repeated in order and up
// to the newest, so only one that was under way when its teller's node failed can come after it: for seconds.
const forgetAfter im.Millis = 60 * 60 * 1000

// maxPause is how much of the time between two events counts: a clock that jumps ahead takes the log along, and what
// ended a moment ago must not be forgotten for that.
const maxPause = forgetAfter / 4

func (fs facts) note(r relation, f fact, at im.Millis) {
	if !f.holds && !r.lasting() {
		f.since = int64(at)
	}
	fs[r] = f
}

// sweep forgets what ended more than an hour before now, not counting what pauses lasted beyond maxPause. It looks only
// when the log enters another hour, so that an event costs little; the stamps alone say when, so that every replay forgets
// the same.
func (fs facts) sweep(last, now im.Millis) {
	if beyond := now - last - maxPause; beyond > 0 {
		fs.discount(beyond)
	}
	if now/forgetAfter == last/forgetAfter {
		return
	}
	maps.DeleteFunc(fs, func(r relation, f fact) bool {
		return !f.holds && !r.lasting() && f.since < int64(now-forgetAfter)
	})
}

// discount lets what ended be younger by so much.
func (fs facts) discount(beyond im.Millis) {
	for r, f := range fs {
		if !f.holds && !r.lasting() {
			f.since += int64(beyond)
			fs[r] = f
		}
	}
}

// sorted returns the relations of a sort by id, ended ones too.
func (fs facts) sorted(of sort) (out []relation) {
	for r := range fs {
		if r.sort == of {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b relation) int { return strings.Compare(a.id, b.id) })
	return out
}

// present returns the ids of the relations of a sort that hold, sorted.
func (fs facts) present(of sort) (ids []string) {
	for _, r := range fs.sorted(of) {
		if fs[r].holds {
			ids = append(ids, r.id)
		}
	}
	return ids
}
