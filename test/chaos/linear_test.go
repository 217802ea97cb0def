package chaos

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// What was done to an object and seen of it must be linearizable (G5): as if each call had happened at one moment between its
// beginning and its answer. The state of an object is its members and one attribute.

// verb is what a call does.
type verb int

const (
	join  verb = iota // adds a member
	leave             // takes a member away
	write             // sets the attribute
	read              // reads members and attribute
)

func (v verb) String() string { return [...]string{"join", "leave", "write", "read"}[v] }

// state is an object: a bit for each member, and the attribute's value, 0 = it is not set.
type state struct {
	members uint32
	value   int
}

// call is one call and its answer.
type call struct {
	client int
	node   string
	verb   verb
	member int // of join and leave
	value  int // of write
	from   time.Time
	// to is the time of the answer; zero = there was none, or one that leaves open whether it took effect.
	to time.Time
	// full: a join was refused since there are as many members as there may be.
	full bool
	saw  state // by read
}

// object is one object and all calls to it.
type object struct {
	name string
	// limit is how many members there may be.
	limit int
	first state
	calls []call
}

// enoughTime is how long the search may take for one object, which has some dozens of calls.
const enoughTime = time.Minute

// checkLinear looks for objects whose calls no order explains.
func checkLinear(objects []object) (faults []error) {
	for _, o := range objects {
		switch result, _ := porcupine.CheckOperationsVerbose(o.model(), o.operations(), enoughTime); result {
		case porcupine.Illegal:
			faults = append(faults, fmt.Errorf("G5: no order explains what was done to %s:\n%s", o.name, o))
		case porcupine.Unknown:
			faults = append(faults, fmt.Errorf("G5: %d calls to %s were not decided in %v", len(o.calls), o.name, enoughTime))
		case porcupine.Ok:
		}
	}
	return faults
}

func (o object) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return o.first },
		Step: func(s, input, _ any) (bool, any) { return o.step(s.(state), input.(call)) },
	}
}

// step returns what a call makes of a state, and whether its answer fits.
func (o object) step(s state, c call) (bool, state) {
	bit := uint32(1) << c.member
	switch c.verb {
	case join:
		full := s.members&bit == 0 && count(s.members) >= o.limit
		if !full {
			s.members |= bit
		}
		return c.to.IsZero() || full == c.full, s
	case leave:
		s.members &^= bit
	case write:
		s.value = c.value
	case read:
		return s == c.saw, s
	}
	return true, s
}

func count(members uint32) (n int) {
	for ; members != 0; members &= members - 1 {
		n++
	}
	return n
}

// operations are the calls for the search. One without an answer may take effect at any later time; a read without one says
// nothing.
func (o object) operations() (list []porcupine.Operation) {
	for _, c := range o.calls {
		if c.verb == read && c.to.IsZero() {
			continue
		}
		op := porcupine.Operation{ClientId: c.client, Input: c, Call: int64(c.from.Sub(began)), Return: math.MaxInt64}
		if !c.to.IsZero() {
			op.Return = int64(c.to.Sub(began))
		}
		list = append(list, op)
	}
	return list
}

// String lists the calls in the order of their beginnings.
func (o object) String() string {
	var b strings.Builder
	calls := slices.Clone(o.calls)
	slices.SortFunc(calls, func(x, y call) int { return x.from.Compare(y.from) })
	fmt.Fprintf(&b, "\tbegins with %b, limit %d\n", o.first.members, o.limit)
	for _, c := range calls {
		fmt.Fprintf(&b, "\t%v", c)
	}
	return b.String()
}

// String is one line.
func (c call) String() string {
	var b strings.Builder
	end := "-"
	if !c.to.IsZero() {
		end = fmt.Sprintf("%.3f", c.to.Sub(began).Seconds())
	}
	fmt.Fprintf(&b, "%.3f %s client %d %s %v", c.from.Sub(began).Seconds(), end, c.client, c.node, c.verb)
	switch c.verb {
	case join, leave:
		fmt.Fprintf(&b, " %d full %v", c.member, c.full)
	case write:
		fmt.Fprintf(&b, " %d", c.value)
	case read:
		fmt.Fprintf(&b, " %b, %d", c.saw.members, c.saw.value)
	}
	return b.String() + "\n"
}
