package coretest

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/im"
	"github.com/parley-im/parley/internal/alloctest"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// checkDecide decides cmd over state; together they are of size bytes.
func (z Fuzz) checkDecide(t *testing.T, state []byte, cmd *pb.Command, size int) {
	t.Helper()
	c := z.restored(t, state)
	before := c.Marshal()
	d, err := decide(t, c, cmd, size)
	z.same(t, c, before)
	if err != nil {
		checkRefusal(t, err, d)
		if _, again := z.restored(t, before).Decide(cmd, now); again == nil || again.Error() != err.Error() {
			t.Errorf("%v: %v, of the restored state %v", cmd, err, again)
		}
		return
	}
	checkOut(t, d)
	checkFound(t, d)
	replayed := z.restored(t, before)
	z.sameDecision(t, replayed, cmd, d)
	stamp(im.Head{Seq: 6, N: 6, TS: now - 1}, d.Events)
	for _, ev := range d.Events {
		z.checkEvent(t, c, replayed, ev)
	}
	z.same(t, replayed, c.Marshal())
	if n := len(d.Events); n > 0 && !d.Events[n-1].Owes && slices.ContainsFunc(d.Events, func(ev core.Event) bool { return ev.Owes }) {
		t.Errorf("%v: the event that owes is not the last", cmd)
	}
}

// sameDecision checks that c, whose state was restored, decides cmd as the core did that it was taken from.
func (z Fuzz) sameDecision(t *testing.T, c core.Core, cmd *pb.Command, want core.Decision) {
	t.Helper()
	got, err := c.Decide(cmd, now)
	same := err == nil && len(got.Events) == len(want.Events) && proto.Equal(got.Reply, want.Reply) && got.AfterTold == want.AfterTold &&
		sameFound(got, want)
	for i := range got.Events {
		same = same && got.Events[i].Owes == want.Events[i].Owes && proto.Equal(got.Events[i].Body, want.Events[i].Body)
	}
	if !same {
		t.Errorf("%v: %+v, of the restored state %+v, %v", cmd, want, got, err)
	}
}

// now is when fuzzed commands come.
const now im.Millis = 1479000000001

const (
	// decideSlack is what a decision may allocate whatever is asked, decidePerByte what it may for each byte of state and
	// command, in bytes: a member of one letter takes three in a command, and some hundreds in maps.
	decideSlack   = 256 << 10
	decidePerByte = 1 << 10
)

func decide(t *testing.T, c core.Core, cmd *pb.Command, size int) (d core.Decision, err error) {
	t.Helper()
	alloctest.AtMost(t, decideSlack+decidePerByte*size, "deciding", func() { d, err = c.Decide(cmd, now) })
	if r, ok := c.(core.Repeater); ok && err == nil {
		r.MayRepeat(cmd)
		reply, _ := r.Repeat(cmd, im.StoredAt{Seq: 1, N: 1, TS: 1})
		checkReply(t, reply)
	}
	return d, err
}

func checkRefusal(t *testing.T, err error, d core.Decision) {
	t.Helper()
	e, ok := err.(*im.Error) //nolint:errorlint // core.Core promises no less
	if !ok || e == nil || !e.Kind.Known() || e.Kind == im.Internal || len(d.Events) > 0 {
		t.Errorf("refused with %#v and %d events", err, len(d.Events))
	}
}

// checkEvent stores ev, applies it to both cores, to one as it was read back, and asks what must be told of it.
func (z Fuzz) checkEvent(t *testing.T, live, replayed core.Core, ev core.Event) {
	t.Helper()
	body, err := proto.Marshal(ev.Body)
	if err != nil {
		t.Fatalf("%v cannot be stored: %v", ev.Body, err)
	}
	if ev.Message {
		z.checkOld(t, live.Marshal(), ev)
	}
	live.Apply(ev)
	if tells := live.Tells(ev); ev.Owes != (len(tells) > 0) {
		t.Errorf("%v: Owes = %v, but %d tells", ev.Body, ev.Owes, len(tells))
	}
	ev.Body = &pb.Event{}
	if err := proto.Unmarshal(body, ev.Body); err != nil {
		t.Fatalf("%x cannot be read: %v", body, err)
	}
	replayed.Apply(ev)
}

// checkOld checks that a message without a body, as it is after the window, changes state as the whole one does.
func (z Fuzz) checkOld(t *testing.T, state []byte, ev core.Event) {
	t.Helper()
	whole, old := z.restored(t, state), z.restored(t, state)
	whole.Apply(ev)
	ev.Body = nil
	old.Apply(ev)
	z.same(t, old, whole.Marshal())
}

// checkOut checks that what leaves can be sent, and that what leaves without events needs none.
func checkOut(t *testing.T, d core.Decision) {
	t.Helper()
	checkReply(t, d.Reply)
	var out []proto.Message
	for _, v := range d.Out.Deliver {
		out = append(out, v.Body)
	}
	for _, v := range d.Out.Publish {
		out = append(out, v)
	}
	for _, v := range d.Out.Nudge {
		out = append(out, v)
	}
	for _, m := range out {
		if _, err := proto.Marshal(m); err != nil {
			t.Errorf("%v cannot be sent: %v", m, err)
		}
	}
	says := len(out) > 0 || d.Out.Listen != nil || len(d.Out.Announce) > 0 || d.Out.AllFriends || d.Out.Met != ""
	if says && len(d.Events) == 0 && !d.Loose {
		t.Errorf("%+v has an Out and no events, but is not loose", d)
	}
}

func checkReply(t *testing.T, reply *pb.Reply) {
	t.Helper()
	if _, err := proto.Marshal(reply); err != nil {
		t.Errorf("%v cannot be sent: %v", reply, err)
	}
}
