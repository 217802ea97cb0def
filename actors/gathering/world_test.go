package gathering_test

import (
	"fmt"
	"testing"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/gathering"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

var (
	address = im.Group("app", "crew")
	owned   = gathering.Options{Limit: 5, Owned: true}
	free    = gathering.Options{Limit: 5}
)

// plain makes a core of what groups and rooms share.
type plain struct{ gathering.Gathering }

func fresh(opts gathering.Options) *plain { return &plain{gathering.New(address, opts)} }

func (p *plain) Decide(cmd *pb.Command, _ im.Millis) (core.Decision, error) {
	return p.Gathering.Decide(cmd)
}

// world runs a gathering as the shell does, and keeps what each user was told.
type world struct {
	*plain
	head im.Head
	told map[im.UserID][]bool
}

func begin(opts gathering.Options) *world {
	return &world{plain: fresh(opts), told: map[im.UserID][]bool{}}
}

// do decides cmd and applies what follows.
func (w *world) do(cmd *pb.Command) (core.Decision, error) {
	d, err := w.Decide(cmd, w.head.TS+1)
	for _, ev := range d.Events {
		w.head.Seq++
		w.head.TS++
		ev.Seq, ev.TS = w.head.Seq, w.head.TS
		w.Apply(ev)
		for _, tell := range w.Tells(ev) {
			u := im.UserID(tell.To.ID)
			w.told[u] = append(w.told[u], tell.Item.GetMembership().Member)
		}
	}
	return d, err
}

// must is do for what may not be refused.
func (w *world) must(t *testing.T, cmd *pb.Command) core.Decision {
	t.Helper()
	d, err := w.do(cmd)
	if err != nil {
		t.Fatalf("%v: %v", cmd, err)
	}
	return d
}

func (w *world) describe(t *testing.T) *pb.GatheringReply {
	t.Helper()
	return w.must(t, describe).Reply.GetGathering()
}

// step is a command and what it leads to.
type step struct {
	name string
	cmd  *pb.Command
	want im.ErrorKind
}

// done is the outcome of a command that is not refused: no gathering answers with an internal error.
const done = im.Internal

// walk takes the steps one after the other; a refused one must change nothing.
func (w *world) walk(t *testing.T, steps []step) {
	t.Helper()
	for _, s := range steps {
		before := string(w.Marshal())
		_, err := w.do(s.cmd)
		if s.want == done && err != nil || s.want != done && im.KindOf(err) != s.want {
			t.Errorf("%s: error = %v, want %v", s.name, err, s.want)
		}
		if err != nil && string(w.Marshal()) != before {
			t.Errorf("%s: refused, but changed something", s.name)
		}
	}
}

var (
	describe = &pb.Command{Body: &pb.Command_Describe{Describe: &pb.Describe{}}}
	remove   = &pb.Command{Body: &pb.Command_DeleteGathering{DeleteGathering: &pb.DeleteGathering{}}}
)

func create(owner string, members ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_CreateGathering{CreateGathering: &pb.CreateGathering{Owner: owner, Members: members}}}
}

func join(users ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_AddMembers{AddMembers: &pb.AddMembers{Members: users}}}
}

func leave(users ...string) *pb.Command {
	return &pb.Command{Body: &pb.Command_RemoveMembers{RemoveMembers: &pb.RemoveMembers{Members: users}}}
}

func change(c *pb.ChangeGathering) *pb.Command {
	return &pb.Command{Body: &pb.Command_ChangeGathering{ChangeGathering: c}}
}

func replace(owner string, members ...string) *pb.Command {
	return change(&pb.ChangeGathering{Owner: owner, ReplaceMembers: true, Members: members})
}

func give(owner string) *pb.Command { return change(&pb.ChangeGathering{Owner: owner}) }

func set(namesAndValues ...string) *pb.Command {
	c := &pb.ChangeGathering{}
	for i := 0; i < len(namesAndValues); i += 2 {
		c.Attributes = append(c.Attributes, &pb.Attribute{Name: namesAndValues[i], Value: []byte(namesAndValues[i+1])})
	}
	return change(c)
}

// users returns u1, u2... un.
func users(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint("u", i+1)
	}
	return out
}
