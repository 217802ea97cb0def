package gathering_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// Whatever a snapshot and an event say, what is described has each member once, and each attribute once in the order of the
// names; and a change that was made needs no second one. Without the sorting of what is read the seeds fail.
func FuzzGathering_Describe(f *testing.F) {
	attributes := []*pb.Attribute{{Name: "b", Value: []byte("1")}, {Name: "a", Value: []byte("2")}, {Name: "c"}, {Name: "b", Value: []byte("3")}}
	state := &pb.GatheringState{Created: 1, Owner: "u1", Members: []string{"u1", "", "u2", "u1"}, Attributes: attributes}
	created := &pb.Event{Body: &pb.Event_GatheringCreated{GatheringCreated: &pb.GatheringCreated{
		Owner: "u1", Members: []string{"u2", "u1", "u2", ""}, Attributes: attributes,
	}}}
	again := &pb.ChangeGathering{Owner: "u2", Attributes: attributes, ReplaceMembers: true, Members: []string{"u3"}}
	for _, m := range [][3]proto.Message{
		{state, &pb.Event{}, again},
		{&pb.GatheringState{}, created, again},
		{state, created, &pb.ChangeGathering{}},
		{state, &pb.Event{}, &pb.ChangeGathering{Attributes: attributes[1:2]}},
	} {
		var b [3][]byte
		for i := range m {
			var err error
			if b[i], err = proto.Marshal(m[i]); err != nil {
				f.Fatal(err)
			}
		}
		f.Add(b[0], b[1], b[2])
	}
	f.Fuzz(func(t *testing.T, state, event, cmd []byte) {
		w, body, c := begin(owned), &pb.Event{}, &pb.ChangeGathering{}
		if w.Unmarshal(state) != nil || proto.Unmarshal(event, body) != nil || proto.Unmarshal(cmd, c) != nil {
			return
		}
		w.Head = im.Head{Seq: 1, TS: 1}
		w.Apply(core.Event{Seq: 1, TS: 1, Body: body})
		if !checkDescribed(t, w) {
			return
		}
		if _, err := w.do(change(c)); err != nil {
			return
		}
		checkDescribed(t, w)
		if d, err := w.do(change(c)); err != nil || len(d.Events) > 0 {
			t.Errorf("%v, made twice: %v, %v", c, d.Events, err)
		}
	})
}

// checkDescribed checks what w says of itself, and reports whether it exists.
func checkDescribed(t *testing.T, w *world) (exists bool) {
	t.Helper()
	d, err := w.Decide(describe, 1)
	if err != nil {
		return false
	}
	g := d.Reply.GetGathering()
	seen := map[string]bool{}
	for _, m := range g.Members {
		if seen[m] || m == "" {
			t.Errorf("member %q of %q", m, g.Members)
		}
		seen[m] = true
	}
	for i, a := range g.Attributes {
		if i > 0 && g.Attributes[i-1].Name >= a.Name {
			t.Errorf("attribute %q comes after %q", a.Name, g.Attributes[i-1].Name)
		}
	}
	return true
}
