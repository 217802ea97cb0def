package group_test

import (
	"testing"

	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/group"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// What the app says is told to all members as from nobody, with the place by which a repeat is known; it has no number, and
// the numbers of messages go on as if it had not been.
func TestGroup_TellsWhatTheAppSays(t *testing.T) {
	w := begin()
	w.Try(t, "before", coretest.System(), im.NotFound)
	w.Do(coretest.CreateGathering("tom", "jerry"))
	w.Try(t, "nothing", &pb.Command{Body: &pb.Command_System{System: &pb.System{}}}, im.Invalid)
	w.Do(say("tom"))
	d, tells, err := w.Do(coretest.System())
	if err != nil || d.AfterTold || len(tells) != 2 || tells[0].Item != tells[1].Item {
		t.Fatalf("decision %+v, %v, tells %v; want one item for both", d, err, tells)
	}
	got := tells[0].Item.GetDelivery()
	if !got.System || got.Source != pb.Source_GROUP || got.From != "" || got.To != "crew" || got.N != 0 || got.Seq != w.Head.Seq || got.Ts != int64(w.Head.TS) {
		t.Errorf("delivery = %v, want one to the crew at %d", got, w.Head.TS)
	}
	if string(got.Said.Content.Body) != `"news"` || got.Said.Remark != "r" {
		t.Errorf("said %v", got.Said)
	}
	if d, _, _ := w.Do(say("tom")); d.Reply.GetSay().N != 2 {
		t.Errorf("the next message is %v, want number 2", d.Reply)
	}
	w.Do(coretest.DeleteGathering())
	w.Try(t, "after", coretest.System(), im.NotFound)
}

// Clearing hides what was said so far, and once; numbers go on, also for a successor.
func TestGroup_ClearsItsHistory(t *testing.T) {
	w := begin()
	w.Try(t, "before", coretest.ClearHistory(), im.NotFound)
	w.Do(coretest.CreateGathering("tom"))
	for i, s := range []struct {
		cmd   *pb.Command
		floor uint64
	}{
		{coretest.ClearHistory(), 0},
		{say("tom"), 0},
		{say("tom"), 0},
		{coretest.ClearHistory(), 2},
		{coretest.ClearHistory(), 0},
		{coretest.System(), 0},
		{coretest.ClearHistory(), 0},
		{say("tom"), 0},
		{coretest.ClearHistory(), 3},
	} {
		next := group.New(address, 50)
		if err := next.Unmarshal(w.Core.Marshal()); err != nil {
			t.Fatal(err)
		}
		w.Core = next
		d, tells, err := w.Do(s.cmd)
		clears := s.cmd.GetClearHistory() != nil
		if err != nil || d.Floor != s.floor || clears && (len(d.Events) == 1) != (s.floor > 0) || clears && len(tells) > 0 {
			t.Errorf("step %d: %+v, %v; want floor %d", i, d, err, s.floor)
		}
	}
	if w.Head.N != 3 {
		t.Errorf("the last number is %d, want 3", w.Head.N)
	}
}
