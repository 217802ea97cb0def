// Package attributes is what users, passengers, groups and rooms have in common: free attributes, each a JSON value under
// a name.
//
// A Set is never changed in place, so that states, replies and events share it. The cores decide a change with Change,
// store the event that it returns, and fold that with Apply. What does not fit im.MaxAttributes, im.MaxAttributeName and
// im.MaxAttributesBytes is refused as a whole. Fields and Body are what a search is to find of a set.
//
// Values are valid JSON, as they came; whoever sends them has checked that. null is no value: to set it takes the
// attribute away.
package attributes

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Set is the attributes of one object, sorted by name, each once, none of them null. It is replaced, never changed. The
// zero Set is empty.
type Set []*pb.Attribute

// Of returns the set of list; of equal names the last counts.
func Of(list []*pb.Attribute) Set { return Set(nil).with(list) }

// Checked is Of, for what comes from outside: im.TooLong or im.Invalid for a set that may not be.
func Checked(list []*pb.Attribute) (Set, error) {
	s := Of(list)
	return s, s.check()
}

// Change decides cmd over s. It returns the event that is to be stored, nil when nothing changes, and the set that it
// leads to; im.TooLong or im.Invalid when that may not be. What cmd unsets goes first.
func (s Set) Change(cmd *pb.SetAttributes) (*pb.AttributesChanged, Set, error) {
	ev := &pb.AttributesChanged{Replace: cmd.GetReplace(), Set: cmd.GetSet(), Unset: cmd.GetUnset()}
	after := s.Apply(ev)
	if s.equal(after) {
		return nil, s, nil
	}
	if err := after.check(); err != nil && len(after.without(s)) > 0 { // what only goes is let go, whatever is left
		return nil, s, err
	}
	if ev.Replace {
		return &pb.AttributesChanged{Replace: true, Set: after}, after, nil
	}
	return &pb.AttributesChanged{Set: after.without(s), Unset: s.lost(after)}, after, nil
}

// Events returns the event of a change, none for nil.
func Events(ev *pb.AttributesChanged) []core.Event {
	if ev == nil {
		return nil
	}
	return []core.Event{{Body: &pb.Event{Body: &pb.Event_AttributesChanged{AttributesChanged: ev}}}}
}

// Merge decides to set list over s; see Change.
func (s Set) Merge(list []*pb.Attribute) (*pb.AttributesChanged, Set, error) {
	return s.Change(&pb.SetAttributes{Set: list})
}

// Apply folds ev.
func (s Set) Apply(ev *pb.AttributesChanged) Set {
	if ev.GetReplace() {
		s = nil
	}
	return s.less(ev.GetUnset()).with(ev.GetSet())
}

// less returns s without names.
func (s Set) less(names []string) Set {
	if len(names) == 0 {
		return s
	}
	gone := make(map[string]bool, len(names))
	for _, n := range names {
		gone[n] = true
	}
	return slices.DeleteFunc(slices.Clone(s), func(a *pb.Attribute) bool { return gone[a.Name] })
}

// with returns s with list over it.
func (s Set) with(list []*pb.Attribute) Set {
	if len(list) == 0 {
		return s
	}
	last := make(map[string]*pb.Attribute, len(s)+len(list))
	for _, a := range slices.Concat(s, list) {
		last[a.GetName()] = a
	}
	maps.DeleteFunc(last, func(_ string, a *pb.Attribute) bool { return isNull(a.GetValue()) })
	return slices.SortedFunc(maps.Values(last), byName)
}

func (s Set) equal(o Set) bool { return slices.EqualFunc(s, o, same) }

// without returns what of s is not in o with the same value.
func (s Set) without(o Set) []*pb.Attribute {
	return slices.DeleteFunc(slices.Clone(s), func(a *pb.Attribute) bool {
		b := o.find(a.Name)
		return b != nil && same(a, b)
	})
}

// lost returns the names of s that are not in o.
func (s Set) lost(o Set) (names []string) {
	for _, a := range s {
		if o.find(a.Name) == nil {
			names = append(names, a.Name)
		}
	}
	return names
}

func (s Set) find(name string) *pb.Attribute {
	i, found := slices.BinarySearchFunc(s, name, func(a *pb.Attribute, name string) int { return strings.Compare(a.Name, name) })
	if !found {
		return nil
	}
	return s[i]
}

// check refuses a set that may not be.
func (s Set) check() error {
	const op = "attributes.check"
	if len(s) > im.MaxAttributes {
		return im.E(op, im.TooLong, "too many attributes")
	}
	size := 0
	for _, a := range s {
		switch {
		case a.Name == "" || strings.IndexByte(a.Name, 0) >= 0:
			return im.E(op, im.Invalid, "illegal name of an attribute")
		case len(a.Name) > im.MaxAttributeName:
			return im.E(op, im.TooLong, "the name of an attribute is too long")
		}
		size += len(appendQuoted(nil, a.Name)) + len(a.Value)
	}
	if size > im.MaxAttributesBytes {
		return im.E(op, im.TooLong, "the attributes are too large")
	}
	return nil
}

func same(a, b *pb.Attribute) bool { return a.Name == b.Name && bytes.Equal(a.Value, b.Value) }

func byName(a, b *pb.Attribute) int { return strings.Compare(a.GetName(), b.GetName()) }

// isNull reports whether value is none.
func isNull(value []byte) bool {
	v := bytes.Trim(value, " \t\r\n")
	return len(v) == 0 || string(v) == "null"
}
