package dispatch_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/dispatch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeActors answers from a script, one step a call, and keeps what it was sent.
type fakeActors struct {
	mu    sync.Mutex
	steps []*pb.Reply // nil = never answers
	calls []sent
}

type sent struct {
	to      im.Address
	cmd     *pb.Command
	timeout time.Duration
	at      time.Time
}

func (f *fakeActors) Call(to im.Address, cmd *pb.Command, timeout time.Duration, done func(*pb.Reply)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	step := failed(im.Internal)
	if len(f.calls) < len(f.steps) {
		step = f.steps[len(f.calls)]
	}
	cmd.Call = uint64(len(f.calls) + 1) // as the real one may
	f.calls = append(f.calls, sent{to: to, cmd: proto.CloneOf(cmd), timeout: timeout, at: time.Now()})
	if step == nil {
		step = failed(im.Unavailable)
		time.AfterFunc(timeout, func() { done(step) })
		return
	}
	go done(step)
}

func failed(k im.ErrorKind) *pb.Reply { return &pb.Reply{Error: uint32(k) + 1} }

func said(n uint64, ts int64) *pb.Reply {
	return &pb.Reply{Body: &pb.Reply_Say{Say: &pb.SayReply{N: n, Ts: ts}}}
}

func newDispatcher(steps ...*pb.Reply) (*dispatch.Dispatcher, *fakeActors) {
	f := &fakeActors{steps: steps}
	return dispatch.New(dispatch.Options{Actors: f}), f
}

var hello = dispatch.Say{From: "tom", To: "jerry", Body: []byte(`"hi"`)}

func TestSay_GoesToTheDialogOfThePair(t *testing.T) {
	t.Parallel()
	d, f := newDispatcher(said(7, 1000))
	got, err := d.Say(t.Context(), "app", dispatch.Say{
		From: "tom", To: "jerry", Media: 1, Body: []byte(`["a"]`), Remark: "r", Session: "s", Push: []byte(`{}`), ClientID: "m1",
	})
	if want := (dispatch.Said{N: 7, TS: 1000}); err != nil || got != want {
		t.Fatalf("Say = %+v, %v; want %+v", got, err, want)
	}
	if want := im.FriendDialog("app", "jerry", "tom"); f.calls[0].to != want {
		t.Errorf("sent to %v, want %v", f.calls[0].to, want)
	}
	want := &pb.Say{
		From: "tom", To: "jerry", Content: &pb.Content{Media: 1, Body: []byte(`["a"]`)},
		Remark: "r", Session: "s", Push: []byte(`{}`), ClientId: "m1",
	}
	if got := f.calls[0].cmd.GetSay(); !proto.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
}

// What was refused for a passing reason is sent again with the same id, marked from the second time on.
func TestSay_RetriesWithTheSameID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, f := newDispatcher(failed(im.Retry), failed(im.Unavailable), failed(im.Retry), said(1, 2))
		if _, err := d.Say(t.Context(), "app", hello); err != nil {
			t.Fatal(err)
		}
		if len(f.calls) != 4 {
			t.Fatalf("%d calls, want 4", len(f.calls))
		}
		for i, c := range f.calls {
			if c.cmd.GetId() != f.calls[0].cmd.GetId() || c.cmd.GetRetried() != (i > 0) {
				t.Errorf("attempt %d: id %q, retried %v", i, c.cmd.GetId(), c.cmd.GetRetried())
			}
		}
	})
}

// Pauses double from 10 ms to 200 ms, each cut by up to half.
func TestSay_BacksOffWithinBounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		steps := slices.Repeat([]*pb.Reply{failed(im.Retry)}, 8)
		d, f := newDispatcher(append(steps, said(1, 2))...)
		if _, err := d.Say(t.Context(), "app", hello); err != nil {
			t.Fatal(err)
		}
		pause := 10 * time.Millisecond
		for i := 1; i < len(f.calls); i++ {
			got := f.calls[i].at.Sub(f.calls[i-1].at)
			if got < pause/2 || got > pause {
				t.Errorf("pause %d = %v, want %v to %v", i, got, pause/2, pause)
			}
			pause = min(2*pause, 200*time.Millisecond)
		}
	})
}

func TestSay_GivesUpAtTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		steps := slices.Repeat([]*pb.Reply{failed(im.Retry)}, 1000)
		d, _ := newDispatcher(steps...)
		began := time.Now()
		_, err := d.Say(t.Context(), "app", hello)
		if im.KindOf(err) != im.Unavailable {
			t.Errorf("error %v, want unavailable: retry is between nodes", err)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("took %v, want 5s", took)
		}
	})
}

// A command that is lost with its owner is sent again before the caller's deadline.
func TestSay_SendsAgainWhenNoAnswerComes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, f := newDispatcher(nil, nil, said(1, 2))
		if _, err := d.Say(t.Context(), "app", hello); err != nil {
			t.Fatal(err)
		}
		if f.calls[0].timeout != 2*time.Second || f.calls[2].timeout > time.Second {
			t.Errorf("timeouts %v, %v; want 2s, and at most what is left", f.calls[0].timeout, f.calls[2].timeout)
		}
	})
}

func TestSay_ReturnsWhatCannotPass(t *testing.T) {
	t.Parallel()
	for _, kind := range []im.ErrorKind{im.NotFound, im.Overloaded, im.Internal, im.Invalid} {
		d, f := newDispatcher(&pb.Reply{Error: uint32(kind) + 1, Text: "why"})
		_, err := d.Say(t.Context(), "app", hello)
		if im.KindOf(err) != kind || !strings.Contains(err.Error(), "why") || len(f.calls) != 1 {
			t.Errorf("%v: error %v after %d calls", kind, err, len(f.calls))
		}
	}
	d, _ := newDispatcher(&pb.Reply{Error: 200})
	if _, err := d.Say(t.Context(), "app", hello); im.KindOf(err) != im.Internal || err == nil {
		t.Errorf("unknown kind: %v, want internal", err)
	}
}

// "The MaxIM wire protocol", 5.3: a stranger is refused otherwise than a user who does not exist.
func TestSay_TellsStrangerFromNobody(t *testing.T) {
	t.Parallel()
	refused := &pb.Reply{Error: uint32(im.NotPermitted) + 1}
	for _, tt := range []struct {
		name    string
		profile *pb.Reply
		want    im.ErrorKind
	}{
		{"a stranger", &pb.Reply{Body: &pb.Reply_Profile{Profile: &pb.ProfileReply{}}}, im.NotPermitted},
		{"nobody", &pb.Reply{Error: uint32(im.NotFound) + 1}, im.NotFound},
	} {
		d, f := newDispatcher(refused, tt.profile)
		_, err := d.Say(t.Context(), "app", hello)
		if im.KindOf(err) != tt.want || len(f.calls) != 2 || f.calls[1].to != im.User("app", hello.To) {
			t.Errorf("%s: %v after %d calls, want %v after 2, the second to the target", tt.name, err, len(f.calls), tt.want)
		}
	}
}

func TestSay_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		d, _ := newDispatcher(nil)
		began := time.Now()
		_, err := d.Say(ctx, "app", hello)
		if im.KindOf(err) != im.Unavailable || time.Since(began) != time.Second {
			t.Errorf("%v after %v; want unavailable after 1s", err, time.Since(began))
		}
	})
}

func TestSay_RefusesMalformedMessagesWithoutSending(t *testing.T) {
	t.Parallel()
	long := im.UserID(strings.Repeat("x", im.MaxIDLen+1))
	tests := map[string]struct {
		app  im.AppID
		say  dispatch.Say
		want im.ErrorKind
	}{
		"no app":       {"", hello, im.Invalid},
		"forging id":   {"app", dispatch.Say{From: "tom", To: "a:b", Body: []byte(`1`)}, im.Invalid},
		"empty id":     {"app", dispatch.Say{From: "tom", Body: []byte(`1`)}, im.Invalid},
		"long id":      {"app", dispatch.Say{From: "tom", To: long, Body: []byte(`1`)}, im.Invalid},
		"oneself":      {"app", dispatch.Say{From: "tom", To: "tom", Body: []byte(`1`)}, im.NotPermitted},
		"no body":      {"app", dispatch.Say{From: "tom", To: "jerry"}, im.Invalid},
		"bad clientID": {"app", dispatch.Say{From: "tom", To: "jerry", Body: []byte(`1`), ClientID: "a b"}, im.Invalid},
	}
	for name, tt := range tests {
		d, f := newDispatcher(said(1, 1))
		if _, err := d.Say(t.Context(), tt.app, tt.say); err == nil || im.KindOf(err) != tt.want || len(f.calls) != 0 {
			t.Errorf("%s: %v after %d calls, want %v after none", name, err, len(f.calls), tt.want)
		}
	}
}

// Ids of commands are well-formed, never alike for two commands of the edge, and a client's id counts per speaker.
func TestCommandIDs(t *testing.T) {
	t.Parallel()
	id := func(s dispatch.Say) string {
		d, f := newDispatcher(said(1, 1))
		if _, err := d.Say(t.Context(), "app", s); err != nil {
			t.Fatal(err)
		}
		return f.calls[0].cmd.GetId()
	}
	tom := dispatch.Say{From: "tom", To: "jerry", Body: []byte(`1`), ClientID: "m1"}
	jerry := dispatch.Say{From: "jerry", To: "tom", Body: []byte(`1`), ClientID: "m1"}
	ids := []string{id(tom), id(jerry), id(hello), id(hello)}
	for i, a := range ids {
		if !im.ValidMessageID(a) {
			t.Errorf("id %q is not well-formed", a)
		}
		if slices.Contains(ids[:i], a) {
			t.Errorf("id %q was used twice", a)
		}
	}
	if again := id(tom); again != ids[0] {
		t.Errorf("the same client id gave %q and %q", ids[0], again)
	}
}

func TestFriendCommands(t *testing.T) {
	t.Parallel()
	reply := &pb.Reply{Body: &pb.Reply_Friendship{Friendship: &pb.FriendshipReply{From: "tom", To: "jerry", Since: 5}}}
	want := dispatch.Friendship{From: "tom", To: "jerry", Since: 5}
	ctx := t.Context()

	d, f := newDispatcher(reply)
	if got, err := d.Befriend(ctx, "app", "tom", "jerry"); err != nil || got != want {
		t.Errorf("Befriend = %+v, %v; want %+v", got, err, want)
	}
	if f.calls[0].cmd.GetId() == "" {
		t.Error("Befriend is durable but has no id")
	}
	d, f = newDispatcher(reply)
	if got, err := d.Friendship(ctx, "app", "jerry", "tom"); err != nil || got != want {
		t.Errorf("Friendship = %+v, %v; want %+v", got, err, want)
	}
	if f.calls[0].cmd.GetId() != "" {
		t.Error("Friendship is a read but has an id")
	}
	d, f = newDispatcher(&pb.Reply{})
	if err := d.Unfriend(ctx, "app", "tom", "jerry"); err != nil || f.calls[0].cmd.GetUnfriend().GetBy() != "tom" {
		t.Errorf("Unfriend: %v, sent %v", err, f.calls[0].cmd)
	}
}

func TestOneselfIsNoFriend(t *testing.T) {
	t.Parallel()
	d, f := newDispatcher()
	ctx := t.Context()
	if _, err := d.Befriend(ctx, "app", "tom", "tom"); im.KindOf(err) != im.Invalid {
		t.Errorf("Befriend: %v, want invalid", err)
	}
	if _, err := d.Friendship(ctx, "app", "tom", "tom"); im.KindOf(err) != im.NotFound {
		t.Errorf("Friendship: %v, want not found", err)
	}
	if err := d.Unfriend(ctx, "app", "tom", "tom"); err != nil {
		t.Errorf("Unfriend: %v, want done", err)
	}
	if len(f.calls) != 0 {
		t.Errorf("%d commands were sent", len(f.calls))
	}
}

func TestUserCommands(t *testing.T) {
	t.Parallel()
	d, f := newDispatcher(&pb.Reply{})
	if err := d.Login(t.Context(), "app", "tom"); err != nil {
		t.Fatal(err)
	}
	if c := f.calls[0]; c.to != im.User("app", "tom") || c.cmd.GetId() == "" {
		t.Errorf("Login sent %v to %v", c.cmd, c.to)
	}
	d, _ = newDispatcher(&pb.Reply{Body: &pb.Reply_Profile{Profile: &pb.ProfileReply{
		Updated: 9, Friends: []*pb.Friend{{Peer: "jerry", Friends: true, Since: 4}},
	}}})
	got, err := d.Profile(t.Context(), "app", "tom")
	if err != nil || got.Updated != 9 || !slices.Equal(got.Friends, []dispatch.Friend{{Peer: "jerry", Since: 4}}) {
		t.Errorf("Profile = %+v, %v", got, err)
	}
	d, _ = newDispatcher(failed(im.NotFound))
	if _, err := d.Profile(t.Context(), "app", "nobody"); im.KindOf(err) != im.NotFound {
		t.Errorf("Profile of nobody: %v, want not found", err)
	}
}
