package gathering

import (
	"cmp"
	"iter"
	"slices"
)

// roster is a set of user ids that keeps the order of joining, and numbers the joinings: 1, 2, 3... Who leaves and comes back gets
// another number; nobody else's changes. Joining, leaving and asking for one cost the same however many there are. The zero roster
// is empty.
type roster struct {
	// order holds the users as they joined, and a gap where one left, so that nobody moves.
	// Invariants: the numbers ascend; there are at most as many gaps as users.
	order []joining
	// place says where in order a user is.
	place map[string]int
	// last is the number of the last joining, also of who left since.
	last uint64
}

// joining is a user and the number under which it joined; user is "" in a gap.
type joining struct {
	user   string
	number uint64
}

func rosterOf(users []string) *roster {
	r := sized(len(users))
	r.add(users)
	return r
}

// sized returns an empty roster with room for n users.
func sized(n int) *roster {
	return &roster{order: make([]joining, 0, n), place: make(map[string]int, n)}
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
			r.last++
			r.put(joining{user: u, number: r.last})
		}
	}
}

// put adds one who is not in, under a number that is higher than those before.
func (r *roster) put(j joining) {
	r.place[j.user] = len(r.order)
	r.order = append(r.order, j)
}

func (r *roster) remove(users []string) {
	for _, u := range users {
		if i, in := r.place[u]; in {
			r.order[i].user = ""
			delete(r.place, u)
		}
	}
	if len(r.order) > 2*r.size() {
		r.close()
	}
}

// close closes the gaps. What that costs was paid for by as many who left.
func (r *roster) close() {
	closed := sized(r.size())
	for j := range r.joinings(0) {
		closed.put(j)
	}
	closed.last = r.last
	*r = *closed
}

// joinings yields the joinings of who is in, in order, from the first whose number is above after.
func (r *roster) joinings(after uint64) iter.Seq[joining] {
	from, found := slices.BinarySearchFunc(r.order, after, func(j joining, n uint64) int { return cmp.Compare(j.number, n) })
	if found {
		from++
	}
	return func(yield func(joining) bool) {
		for _, j := range r.order[from:] {
			if j.user != "" && !yield(j) {
				return
			}
		}
	}
}

// all yields the users in order.
func (r *roster) all() iter.Seq[string] {
	return func(yield func(string) bool) {
		for j := range r.joinings(0) {
			if !yield(j.user) {
				return
			}
		}
	}
}

// list returns the users in order; the slice is the caller's.
func (r *roster) list() []string { return slices.AppendSeq(make([]string, 0, r.size()), r.all()) }

// page returns up to limit users whose numbers are above after, in order, the number of the last of them, 0 for nobody, and
// whether others follow. Gaps make it no longer than twice the members.
func (r *roster) page(after uint64, limit int) (users []string, last uint64, more bool) {
	users = make([]string, 0, min(limit, r.size()))
	for j := range r.joinings(after) {
		if len(users) == limit {
			return users, last, true
		}
		users, last = append(users, j.user), j.number
	}
	return users, last, false
}

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
