package gathering_test

import (
	"fmt"
	"testing"

	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/core/coretest"
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

func (p *plain) Decide(cmd *pb.Command, now im.Millis) (core.Decision, error) {
	return p.Gathering.Decide(cmd, now)
}

// world runs a gathering as the shell does, and keeps what each user was told.
type world struct {
	*plain
	coretest.World
	told map[im.UserID][]bool
	// toItself is how often the gathering told itself to go on.
	toItself int
}

func begin(opts gathering.Options) *world {
	p := fresh(opts)
	return &world{plain: p, World: coretest.World{Core: p}, told: map[im.UserID][]bool{}}
}

// do decides cmd, applies what follows, and notes what was told.
func (w *world) do(cmd *pb.Command) (core.Decision, error) {
	d, tells, err := w.Do(cmd)
	for _, tell := range tells {
		if tell.To == address {
			w.toItself++
			continue
		}
		u := im.UserID(tell.To.ID)
		w.told[u] = append(w.told[u], tell.Item.GetMembership().Member)
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

const done = coretest.Done

// walk tries the steps one after the other.
func (w *world) walk(t *testing.T, steps []step) {
	t.Helper()
	for _, s := range steps {
		w.Try(t, s.name, s.cmd, s.want)
	}
}

var (
	describe = coretest.Describe()
	create   = coretest.CreateGathering
	change   = coretest.ChangeGathering
	join     = coretest.AddMembers
	leave    = coretest.RemoveMembers
	remove   = coretest.DeleteGathering()
)

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
