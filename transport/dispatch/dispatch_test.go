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

var (
	hello = dispatch.Say{From: "tom", To: im.User("app", "jerry"), Body: []byte(`"hi"`)}
	all   = dispatch.Say{From: "tom", To: im.Group("app", "g1"), Body: []byte(`"hi"`), ClientID: "m1"}
)

func TestSay_GoesToTheDialogOfThePair(t *testing.T) {
	t.Parallel()
	d, f := newDispatcher(said(7, 1000))
	got, err := d.Say(t.Context(), dispatch.Say{
		From: "tom", To: im.User("app", "jerry"), Media: 1, Body: []byte(`["a"]`), Remark: "r", Session: "s", Push: []byte(`{}`), ClientID: "m1",
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
		if _, err := d.Say(t.Context(), hello); err != nil {
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

// A message that was stored although its first answer was lost is called a duplicate only when it has an id of the client's.
func TestSay_IsNoDuplicateWithoutAnID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, id := range []string{"", "m1"} {
			d, _ := newDispatcher(failed(im.Unavailable), &pb.Reply{Body: &pb.Reply_Say{Say: &pb.SayReply{N: 1, Ts: 2, Duplicate: true}}})
			s := hello
			s.ClientID = id
			got, err := d.Say(t.Context(), s)
			if want := (dispatch.Said{N: 1, TS: 2, Duplicate: id != ""}); err != nil || got != want {
				t.Errorf("with id %q: %+v, %v, want %+v", id, got, err, want)
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
		if _, err := d.Say(t.Context(), hello); err != nil {
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
		_, err := d.Say(t.Context(), hello)
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
		if _, err := d.Say(t.Context(), hello); err != nil {
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
		_, err := d.Say(t.Context(), hello)
		if im.KindOf(err) != kind || !strings.Contains(err.Error(), "why") || len(f.calls) != 1 {
			t.Errorf("%v: error %v after %d calls", kind, err, len(f.calls))
		}
	}
	d, _ := newDispatcher(&pb.Reply{Error: 200})
	if _, err := d.Say(t.Context(), hello); im.KindOf(err) != im.Internal || err == nil {
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
		_, err := d.Say(t.Context(), hello)
		if im.KindOf(err) != tt.want || len(f.calls) != 2 || f.calls[1].to != hello.To {
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
		_, err := d.Say(ctx, hello)
		if im.KindOf(err) != im.Unavailable || time.Since(began) != time.Second {
			t.Errorf("%v after %v; want unavailable after 1s", err, time.Since(began))
		}
	})
}

func TestSay_RefusesMalformedMessagesWithoutSending(t *testing.T) {
	t.Parallel()
	long := im.UserID(strings.Repeat("x", im.MaxIDLen+1))
	body := []byte(`1`)
	tests := map[string]struct {
		say  dispatch.Say
		want im.ErrorKind
	}{
		"no app":         {dispatch.Say{From: "tom", To: im.User("", "jerry"), Body: body}, im.Invalid},
		"forging id":     {dispatch.Say{From: "tom", To: im.User("app", "a:b"), Body: body}, im.Invalid},
		"empty id":       {dispatch.Say{From: "tom", To: im.User("app", ""), Body: body}, im.Invalid},
		"long id":        {dispatch.Say{From: "tom", To: im.User("app", long), Body: body}, im.Invalid},
		"illegal group":  {dispatch.Say{From: "tom", To: im.Group("app", "a b"), Body: body}, im.Invalid},
		"illegal from":   {dispatch.Say{From: "a:b", To: im.Group("app", "g1"), Body: body}, im.Invalid},
		"oneself":        {dispatch.Say{From: "tom", To: im.User("app", "tom"), Body: body}, im.NotPermitted},
		"no body":        {dispatch.Say{From: "tom", To: im.User("app", "jerry")}, im.Invalid},
		"bad clientID":   {dispatch.Say{From: "tom", To: im.User("app", "jerry"), Body: body, ClientID: "a b"}, im.Invalid},
		"a room":         {dispatch.Say{From: "tom", To: im.Room("app", "r1"), Body: body}, im.Unsupported},
		"a dialog":       {dispatch.Say{From: "tom", To: im.FriendDialog("app", "jerry", "tom"), Body: body}, im.Unsupported},
		"nowhere at all": {dispatch.Say{From: "tom", To: im.Address{App: "app"}, Body: body}, im.Unsupported},
	}
	for name, tt := range tests {
		d, f := newDispatcher(said(1, 1))
		if _, err := d.Say(t.Context(), tt.say); err == nil || im.KindOf(err) != tt.want || len(f.calls) != 0 {
			t.Errorf("%s: %v after %d calls, want %v after none", name, err, len(f.calls), tt.want)
		}
	}
}

// A group is an address of its own, and says itself why it refuses.
func TestSay_GoesToTheGroup(t *testing.T) {
	t.Parallel()
	var observed int
	f := &fakeActors{steps: []*pb.Reply{said(7, 1000), failed(im.NotPermitted), failed(im.NotFound)}}
	d := dispatch.New(dispatch.Options{Actors: f, ObserveSay: func(time.Duration) { observed++ }})
	got, err := d.Say(t.Context(), all)
	if want := (dispatch.Said{N: 7, TS: 1000}); err != nil || got != want {
		t.Fatalf("Say = %+v, %v; want %+v", got, err, want)
	}
	want := &pb.Say{From: "tom", To: "g1", Content: &pb.Content{Body: []byte(`"hi"`)}, ClientId: "m1"}
	if c := f.calls[0]; c.to != all.To || !proto.Equal(c.cmd.GetSay(), want) {
		t.Errorf("sent %v to %v, want %v to the group", c.cmd, c.to, want)
	}
	for _, want := range []im.ErrorKind{im.NotPermitted, im.NotFound} {
		if _, err := d.Say(t.Context(), all); err == nil || im.KindOf(err) != want {
			t.Errorf("error %v, want %v", err, want)
		}
	}
	if len(f.calls) != 3 || observed != 1 {
		t.Errorf("%d calls, %d observed; want one a message, and what was stored observed", len(f.calls), observed)
	}
}

// Ids of commands are well-formed, never alike for two commands of the edge, and a client's id counts per speaker.
func TestCommandIDs(t *testing.T) {
	t.Parallel()
	id := func(s dispatch.Say) string {
		d, f := newDispatcher(said(1, 1))
		if _, err := d.Say(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		return f.calls[0].cmd.GetId()
	}
	tom := dispatch.Say{From: "tom", To: im.User("app", "jerry"), Body: []byte(`1`), ClientID: "m1"}
	jerry := dispatch.Say{From: "jerry", To: im.User("app", "tom"), Body: []byte(`1`), ClientID: "m1"}
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
