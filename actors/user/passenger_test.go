package user_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
	"github.com/parley-im/parley/actors/user"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// passenger is a passenger whose id a user has, too.
var passenger = im.Passenger("app", "tom")

// withJerry is where the passenger talks to jerry.
var withJerry = im.PassengerDialog("app", "tom", "jerry")

var passengerCommands = rapid.Custom(func(t *rapid.T) *pb.Command {
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0, 1:
		return welcome("a", rapid.SampledFrom([]string{`1`, `"x"`, `null`}).Draw(t, "value"))
	case 2:
		return coretest.AttributeCommands(t)
	case 3:
		return profile
	default:
		return tell(withJerry, fact(withJerry, rapid.Uint64Range(1, 3).Draw(t, "seq"), true))
	}
})

func welcome(namesAndValues ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_Login{Login: &pb.Login{Attributes: coretest.Attributes(namesAndValues...)}}}
}

// Whatever a passenger does and is told, the log alone gives the same state again.
func TestPassenger_ReplayEqualsLive(t *testing.T) {
	coretest.ReplayEqualsLive(t, func() core.Core { return user.New(passenger) }, passengerCommands)
}

// Whatever snapshot, event and command come: see coretest.Fuzz.
func FuzzPassenger(f *testing.F) {
	coretest.Fuzz{Fresh: func() core.Core { return user.New(passenger) }, Commands: passengerCommands}.Run(f)
}

// A passenger is created by its first login and merges what each brings; searches do not find it.
func TestPassenger_BringsAttributes(t *testing.T) {
	w := beginAt(passenger)
	w.Try(t, "profile", profile, im.NotFound)
	w.Try(t, "attributes of nobody", coretest.SetAttributes(false, "a", "1"), im.NotFound)
	for _, s := range []struct {
		cmd    *pb.Command
		events int
		want   string
	}{
		{welcome("b", `"x"`, "a", `1`), 2, `a=1 b="x"`},
		{welcome("b", `"x"`), 0, `a=1 b="x"`},
		{welcome("b", `null`, "c", `{}`), 1, `a=1 c={}`},
		{coretest.SetAttributes(true, "d", `2`), 1, `d=2`},
	} {
		d := w.do(t, s.cmd)
		if len(d.Events) != s.events || d.Record != nil {
			t.Errorf("%v: %d events, record %v; want %d and none", s.cmd, len(d.Events), d.Record, s.events)
		}
		if got := attributesOf(w.do(t, profile).Reply.GetProfile()); got != s.want {
			t.Errorf("%v: attributes %s, want %s", s.cmd, got, s.want)
		}
	}
	w.Try(t, "too large", welcome("a", `"`+strings.Repeat("x", im.MaxAttributesBytes)+`"`), im.TooLong)
}

func attributesOf(p *pb.ProfileReply) string {
	var pairs []string
	for _, a := range p.Attributes {
		pairs = append(pairs, a.Name+"="+string(a.Value))
	}
	return strings.Join(pairs, " ")
}

// A passenger is told of what it talks with users alone. What concerns the user of its id is nothing to it.
func TestPassenger_HearsOfItsDialogsOnly(t *testing.T) {
	for _, teller := range []im.Address{jerry, eve, crew, lobby, phone, visitor, im.PassengerDialog("app", "jerry", "tom")} {
		w := beginAt(passenger)
		w.Try(t, teller.String(), tell(teller, fact(teller, 1, true)), im.Invalid)
	}
	w := beginAt(passenger)
	mine := delivery(pb.Source_TO_PASSENGER)
	d := w.do(t, tell(withJerry, fact(withJerry, 1, true), mine, delivery(pb.Source_PASSENGER)))
	if len(d.Events) != 1 || len(d.Out.Deliver) != 2 || d.Out.Deliver[0].Body != mine.GetDelivery() {
		t.Errorf("decision = %+v, want a note and two deliveries", d)
	}
	if got := contactsOf(w.do(t, profile).Reply.GetProfile()); got != "passenger:jerry" {
		t.Errorf("contacts %s, want jerry", got)
	}
}

func contactsOf(p *pb.ProfileReply) string {
	var list []string
	for _, c := range p.Contacts {
		list = append(list, c.Relation+":"+c.Peer)
	}
	return strings.Join(list, " ")
}

// Strangers and passengers that a user talked with are its contacts, each sort for itself, and none of them is a friend;
// a contact that is told again is no event.
func TestUser_ListsItsContacts(t *testing.T) {
	w := begin()
	for i, teller := range []im.Address{eve, visitor, im.PassengerDialog("app", "eve", "tom"), im.StrangerDialog("app", "adam", "tom"), eve} {
		d := w.do(t, tell(teller, fact(teller, uint64(2), true)))
		if got := len(d.Events); (got == 1) != (i < 4) {
			t.Errorf("%v: %d events", teller, got)
		}
	}
	if got, want := contactsOf(w.do(t, profile).Reply.GetProfile()), "passenger:eve passenger:visitor stranger:adam stranger:eve"; got != want {
		t.Errorf("contacts %s, want %s", got, want)
	}
	if got := w.lists(t); got != "; ; ; " {
		t.Errorf("lists = %q, want empty ones", got)
	}
	for _, c := range []struct {
		teller im.Address
		source pb.Source
		ok     bool
	}{
		{eve, pb.Source_STRANGER, true},
		{eve, pb.Source_FRIEND, false},
		{jerry, pb.Source_STRANGER, false},
		{visitor, pb.Source_PASSENGER, true},
		{visitor, pb.Source_TO_PASSENGER, true},
		{visitor, pb.Source_STRANGER, false},
		{withJerry, pb.Source_PASSENGER, false},
	} {
		if _, err := w.Decide(tell(c.teller, delivery(c.source)), 99); (err == nil) != c.ok {
			t.Errorf("%v tells a message of %v: %v", c.teller, c.source, err)
		}
	}
}

// What the app says goes to the sessions of who exists, with the stamp of the moment, as to a user or to a passenger.
func TestUser_HearsTheApp(t *testing.T) {
	for _, c := range []struct {
		at   im.Address
		want pb.Source
	}{{address, pb.Source_FRIEND}, {passenger, pb.Source_TO_PASSENGER}} {
		w := beginAt(c.at)
		w.Try(t, "nobody", coretest.System(), im.NotFound)
		w.do(t, login(""))
		d := w.do(t, coretest.System())
		if len(d.Events) > 0 || !d.Loose || len(d.Out.Deliver) != 1 {
			t.Fatalf("%v: decision = %+v, want a loose one that delivers", c.at, d)
		}
		got := d.Out.Deliver[0].Body
		if !got.System || got.From != "" || got.To != "tom" || got.Source != c.want || got.Ts != int64(w.Head.TS)+1 || got.Said.Remark != "r" {
			t.Errorf("%v: delivered %v", c.at, got)
		}
		w.Try(t, "nothing", &pb.Command{Body: &pb.Command_System{System: &pb.System{}}}, im.Invalid)
	}
}

// Searches find a user from its creation on, whatever creates it, with the stamp of that or of the last change of its
// attributes; nothing else changes either.
//
// Checked by breaking it: it fails when every event counts as an update.
func TestUser_IsFound(t *testing.T) {
	for _, first := range []*pb.Command{login(""), tell(jerry, fact(jerry, 1, true)), tell(eve, fact(eve, 1, true))} {
		w := begin()
		d := w.do(t, first)
		if r := d.Record; r == nil || r.TS != 1 || string(r.Body) != `{}` || len(r.Fields) > 0 {
			t.Fatalf("%v: record %+v, want one of nothing at 1", first, r)
		}
		for _, other := range []*pb.Command{login("phone"), tell(lobby, fact(lobby, 1, true)), coretest.SetAttributes(false), profile} {
			if d := w.do(t, other); d.Record != nil {
				t.Errorf("%v: record %+v", other, d.Record)
			}
		}
		if got := w.do(t, profile).Reply.GetProfile().Updated; got != 1 {
			t.Errorf("%v: updated at %d, want 1", first, got)
		}
		d = w.do(t, coretest.SetAttributes(false, "level", `3`, "bag", `["x"]`, "name", `"汤\u0020姆"`))
		want := []im.Field{{Name: "level", Type: im.NumberField, Text: "3"}, {Name: "name", Type: im.StringField, Text: "汤 姆"}}
		if r := d.Record; r == nil || r.TS != w.Head.TS || string(r.Body) != `{"bag":["x"],"level":3,"name":"汤\u0020姆"}` || !slices.Equal(r.Fields, want) {
			t.Errorf("record %+v, want the attributes at %d", d.Record, w.Head.TS)
		}
		if got := w.do(t, profile).Reply.GetProfile(); got.Updated != int64(w.Head.TS) || len(got.Attributes) != 3 {
			t.Errorf("profile %v", got)
		}
	}
}

// A change of attributes that is stored is done, whatever came after it; a login is decided anew. Only a retried one is
// looked for.
func TestUser_RepeatIsDone(t *testing.T) {
	u := user.New(address)
	set := coretest.SetAttributes(false, "a", "1")
	if got, _ := u.Repeat(set, im.StoredAt{Seq: 1}); got == nil || got.Err("") != nil || u.MayRepeat(set) {
		t.Errorf("repeat is answered %v, want success", got)
	}
	if got, _ := u.Repeat(login(""), im.StoredAt{Seq: 1}); got != nil {
		t.Errorf("repeat of a login is answered %v, want nothing", got)
	}
}

// Those who are no friends are told of the user and whom to leave out: its present friends.
func TestUser_ProclaimLeavesFriendsOut(t *testing.T) {
	w := befriended(t)
	p := w.Proclaim(true).Proclaim
	if !p.Online || !slices.Equal(p.Friends, []im.UserID{"jerry", "spike"}) {
		t.Errorf("proclaims %+v, want jerry and spike left out", p)
	}
	if w.Proclaim(false).Proclaim.Online {
		t.Error("going is proclaimed as coming")
	}
}
