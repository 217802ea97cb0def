package gathering

import (
	"iter"
	"slices"
)

// roster is a set of user ids that keeps the order of joining. Joining, leaving and asking for one cost the same however
// many there are. The zero roster is empty.
type roster struct {
	// order holds the users as they joined, and "" where one left, so that nobody moves.
	// Invariant: at most as many gaps as users.
	order []string
	// place says where in order a user is.
	place map[string]int
}

func rosterOf(users []string) *roster {
	r := &roster{order: make([]string, 0, len(users)), place: make(map[string]int, len(users))}
	r.add(users)
	return r
}

func (r *roster) has(u string) bool {
	_, in := r.place[u]
	return in
}

func (r *roster) size() int { return len(r.place) }

// add puts those who are not in yet at the end. "" is nobody: it marks a gap.
func (r *roster) add(users []string) {
	if r.place == nil {
		r.place = make(map[string]int, len(users))
	}
	for _, u := range users {
		if u != "" && !r.has(u) {
			r.place[u] = len(r.order)
			r.order = append(r.order, u)
		}
	}
}

func (r *roster) remove(users []string) {
	for _, u := range users {
		if i, in := r.place[u]; in {
			r.order[i] = ""
			delete(r.place, u)
		}
	}
	if len(r.order) > 2*r.size() {
		*r = *rosterOf(r.list())
	}
}

// all yields the users in order.
func (r *roster) all() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, u := range r.order {
			if u != "" && !yield(u) {
				return
			}
		}
	}
}

// list returns the users in order; the slice is the caller's.
func (r *roster) list() []string { return slices.AppendSeq(make([]string, 0, r.size()), r.all()) }

// within returns, in order, those who are in o too.
func (r *roster) within(o *roster) []string { return r.where(o, true) }

// without returns, in order, those who are not in o.
func (r *roster) without(o *roster) []string { return r.where(o, false) }

func (r *roster) where(o *roster, in bool) (users []string) {
	for u := range r.all() {
		if o.has(u) == in {
			users = append(users, u)
		}
	}
	return users
}
