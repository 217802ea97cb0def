package gathering

import (
	"errors"
	"math"
)

// maxNumber is more joinings than there ever are, and leaves room to go on counting.
const maxNumber = math.MaxInt64

// errNumbers is returned for a snapshot whose numbers of joinings cannot be.
var errNumbers = errors.New("gathering: the numbers of joinings do not fit the members")

// steps returns by how much the number of each user in order is above that of the one before it: small, as most who joined one
// after the other are still there.
func (r *roster) steps() []uint64 {
	steps, before := make([]uint64, 0, r.size()), uint64(0)
	for j := range r.joinings(0) {
		steps = append(steps, j.number-before)
		before = j.number
	}
	return steps
}

// rosterFrom returns the roster of which a snapshot has the users, the steps and the number of the last joining. A snapshot from
// before joinings were numbered has no steps: its users are numbered as they stand.
func rosterFrom(users []string, steps []uint64, last uint64) (*roster, error) {
	if len(steps) > 0 && len(steps) != len(users) || last > maxNumber {
		return nil, errNumbers
	}
	r := sized(len(users))
	for i, u := range users {
		step := uint64(1)
		if len(steps) > 0 {
			step = steps[i]
		}
		if step == 0 || step > maxNumber-r.last {
			return nil, errNumbers
		}
		r.last += step
		if u != "" && !r.has(u) {
			r.put(joining{user: u, number: r.last})
		}
	}
	r.last = max(r.last, last)
	return r, nil
}
