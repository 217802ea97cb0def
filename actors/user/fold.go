package user

import (
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Apply implements core.Core. Whatever happens to a user creates it.
func (u *User) Apply(ev core.Event) {
	r, f, isNote := noted(ev.Body)
	changed := ev.Body.GetAttributesChanged()
	if !isNote && changed == nil && !isCreation(ev.Body) {
		return
	}
	u.facts.sweep(u.last, ev.TS)
	u.last = ev.TS
	if isNote {
		u.note(r, f, ev.TS)
	}
	u.attributes = u.attributes.Apply(changed)
	if !u.exists || changed != nil {
		u.exists, u.updated = true, ev.TS
	}
}

func isCreation(ev *pb.Event) bool { return ev.GetUserCreated() != nil }

func (u *User) note(r relation, f fact, at im.Millis) {
	u.facts.note(r, f, at)
	switch {
	case r.sort != friends:
	case !f.holds:
		u.forget(r.id)
	case u.online:
		u.meet(r.id) // follow asks
	}
}
