package dispatch_test

import (
	"testing"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/dispatch"
)

var (
	stranger = dispatch.Say{From: "tom", To: im.User("app", "eve"), Relation: im.StrangerRelation, Body: []byte(`1`), ClientID: "m"}
	visitor  = dispatch.Say{From: "p", To: im.User("app", "tom"), Relation: im.PassengerRelation, Body: []byte(`1`), ClientID: "m"}
	answer   = dispatch.Say{From: "tom", To: im.Passenger("app", "p"), Body: []byte(`1`), ClientID: "m"}
)

var exists = &pb.Reply{}

// Who talks as what has a dialog of its own, and a passenger says that it is one.
func TestSay_FindsTheDialogOfTheRelation(t *testing.T) {
	t.Parallel()
	friend := dispatch.Say{From: "tom", To: im.User("app", "eve"), Relation: im.FriendRelation, Body: []byte(`1`)}
	for _, c := range []struct {
		say         dispatch.Say
		want        im.Address
		byPassenger bool
	}{
		{friend, im.FriendDialog("app", "tom", "eve"), false},
		{stranger, im.StrangerDialog("app", "eve", "tom"), false},
		{visitor, im.PassengerDialog("app", "p", "tom"), true},
		{answer, im.PassengerDialog("app", "p", "tom"), false},
	} {
		d, f := newDispatcher(said(1, 2))
		if _, err := d.Say(t.Context(), c.say); err != nil {
			t.Fatal(err)
		}
		got := f.calls[0].cmd.GetSay()
		if f.calls[0].to != c.want || got.GetByPassenger() != c.byPassenger || got.GetIntroduced() || got.GetTo() != c.say.To.ID {
			t.Errorf("%v: sent %v to %v, want one to %v", c.say, got, f.calls[0].to, c.want)
		}
	}
}

// Two who never talked are introduced: the target is looked for, and the message sent again under the same id. Once is
// enough, and friends are not.
//
// Checked by breaking it: it fails when the second sending draws another id.
func TestSay_IntroducesWhoNeverTalked(t *testing.T) {
	t.Parallel()
	for _, say := range []dispatch.Say{stranger, visitor, answer} {
		d, f := newDispatcher(failed(im.NotFound), exists, said(1, 2))
		got, err := d.Say(t.Context(), say)
		if err != nil || got.N != 1 || len(f.calls) != 3 {
			t.Fatalf("%v: %+v, %v after %d calls", say, got, err, len(f.calls))
		}
		first, asked, again := f.calls[0], f.calls[1], f.calls[2]
		if asked.to != say.To || asked.cmd.GetSetAttributes() == nil {
			t.Errorf("%v: asked %v of %v", say, asked.cmd, asked.to)
		}
		if again.to != first.to || again.cmd.GetId() != first.cmd.GetId() || again.cmd.GetRetried() || !again.cmd.GetSay().GetIntroduced() {
			t.Errorf("%v: sent %v, want it introduced under the same id", say, again.cmd)
		}
		d, f = newDispatcher(failed(im.NotFound), failed(im.NotFound))
		if _, err := d.Say(t.Context(), say); im.KindOf(err) != im.NotFound || err == nil || len(f.calls) != 2 {
			t.Errorf("%v to nobody: %v after %d calls, want not found after 2", say, err, len(f.calls))
		}
		d, f = newDispatcher(failed(im.NotFound), exists, failed(im.NotFound))
		if _, err := d.Say(t.Context(), say); im.KindOf(err) != im.NotFound || err == nil || len(f.calls) != 3 {
			t.Errorf("%v: %v after %d calls, want that nothing goes on for ever", say, err, len(f.calls))
		}
	}
	d, f := newDispatcher(failed(im.NotFound))
	if _, err := d.Say(t.Context(), all); im.KindOf(err) != im.NotFound || len(f.calls) != 1 {
		t.Errorf("a group: %v after %d calls, want not found after one", err, len(f.calls))
	}
}

// What nobody can say is not sent. A passenger and a user of one id are two.
func TestSay_RefusesImpossibleRelations(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*dispatch.Say)
		want   im.ErrorKind
	}{
		"a stranger to oneself": {func(s *dispatch.Say) { s.To = im.User("app", "tom") }, im.NotPermitted},
		"an unknown relation":   {func(s *dispatch.Say) { s.Relation = "enemy" }, im.Unsupported},
		"a forged passenger":    {func(s *dispatch.Say) { s.To = im.Passenger("app", "a:b") }, im.Invalid},
		"a forged user":         {func(s *dispatch.Say) { s.To = im.User("app", "a:b") }, im.Invalid},
		"a device":              {func(s *dispatch.Say) { s.To = im.Device("app", "i") }, im.Unsupported},
	} {
		s := stranger
		c.change(&s)
		d, f := newDispatcher(said(1, 1))
		if _, err := d.Say(t.Context(), s); err == nil || im.KindOf(err) != c.want || len(f.calls) != 0 {
			t.Errorf("%s: %v after %d calls, want %v after none", name, err, len(f.calls), c.want)
		}
	}
	ids := map[string]bool{}
	for _, say := range []dispatch.Say{
		{From: "x", To: im.User("app", "x"), Relation: im.PassengerRelation, Body: []byte(`1`), ClientID: "m"},
		{From: "x", To: im.Passenger("app", "x"), Body: []byte(`1`), ClientID: "m"},
	} {
		d, f := newDispatcher(said(1, 1))
		if _, err := d.Say(t.Context(), say); err != nil {
			t.Fatal(err)
		}
		ids[f.calls[0].cmd.GetId()] = true
	}
	if len(ids) != 2 {
		t.Error("a passenger and a user of the same id take each other's message ids")
	}
}
