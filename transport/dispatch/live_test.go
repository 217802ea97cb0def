package dispatch_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
	"github.com/parley-im/parley/transport/dispatch"
)

var shout = dispatch.Say{From: "tom", To: im.Room("app", "r1"), Body: []byte(`"hi"`), Session: "s", ClientID: "m1"}

type outcome struct {
	said dispatch.Said
	err  error
}

// live says s and returns all the answers that it ever gets.
func live(d *dispatch.Dispatcher, s dispatch.Say) (answers []outcome) {
	d.SayLive(s, func(said dispatch.Said, err error) { answers = append(answers, outcome{said, err}) })
	synctest.Wait()
	return answers
}

func TestSayLive_GoesToTheRoomOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, f := newDispatcher(said(0, 1000))
		got := live(d, shout)
		if want := (outcome{said: dispatch.Said{TS: 1000}}); len(got) != 1 || got[0] != want {
			t.Fatalf("answers %+v, want %+v once", got, want)
		}
		want := &pb.Command{Call: 1, Body: &pb.Command_Say{Say: &pb.Say{
			From: "tom", To: "r1", Content: &pb.Content{Body: []byte(`"hi"`)}, Session: "s", ClientId: "m1",
		}}}
		if c := f.calls[0]; c.to != shout.To || !proto.Equal(c.cmd, want) || c.timeout != 5*time.Second {
			t.Errorf("sent %v to %v for %v; want %v, without an id, for 5s", c.cmd, c.to, c.timeout, want)
		}
	})
}

// A refusal for a passing reason is an answer: a second attempt would overtake the messages behind it.
func TestSayLive_IsNotRetried(t *testing.T) {
	t.Parallel()
	for answered, want := range map[im.ErrorKind]im.ErrorKind{
		im.Retry:        im.Unavailable,
		im.Unavailable:  im.Unavailable,
		im.Overloaded:   im.Overloaded,
		im.NotPermitted: im.NotPermitted,
		im.NotFound:     im.NotFound,
	} {
		synctest.Test(t, func(t *testing.T) {
			d, f := newDispatcher(failed(answered), said(0, 1))
			got := live(d, shout)
			if len(got) != 1 || got[0].err == nil || im.KindOf(got[0].err) != want || len(f.calls) != 1 {
				t.Errorf("%v: %+v after %d calls, want %v once after one", answered, got, len(f.calls), want)
			}
		})
	}
}

func TestSayLive_AnswersWhenNobodyDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, _ := newDispatcher(nil)
		began, answer := time.Now(), make(chan error)
		d.SayLive(shout, func(_ dispatch.Said, err error) { answer <- err })
		if took := time.Since(began); took != 0 {
			t.Errorf("SayLive blocked for %v", took)
		}
		if err := <-answer; im.KindOf(err) != im.Unavailable || time.Since(began) != 5*time.Second {
			t.Errorf("%v after %v, want unavailable after 5s", err, time.Since(began))
		}
	})
}

// Commands are under way side by side and leave in the order of the calls.
func TestSayLive_KeepsTheOrderOfItsCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, f := newDispatcher(make([]*pb.Reply, 10)...) // none is answered
		for i := range 10 {
			s := shout
			s.Body = fmt.Append(nil, i)
			d.SayLive(s, func(dispatch.Said, error) {})
		}
		for i, c := range f.calls {
			if got := string(c.cmd.GetSay().GetContent().GetBody()); got != fmt.Sprint(i) {
				t.Errorf("call %d carries %s", i, got)
			}
		}
		if len(f.calls) != 10 {
			t.Errorf("%d calls under way, want 10", len(f.calls))
		}
	})
}

func TestSayLive_RefusesMalformedMessagesWithoutSending(t *testing.T) {
	t.Parallel()
	body := []byte(`1`)
	for name, tt := range map[string]struct {
		say  dispatch.Say
		want im.ErrorKind
	}{
		"no app":       {dispatch.Say{From: "tom", To: im.Room("", "r1"), Body: body}, im.Invalid},
		"illegal room": {dispatch.Say{From: "tom", To: im.Room("app", "a/b"), Body: body}, im.Invalid},
		"illegal from": {dispatch.Say{From: "", To: im.Room("app", "r1"), Body: body}, im.Invalid},
		"no body":      {dispatch.Say{From: "tom", To: im.Room("app", "r1")}, im.Invalid},
		"bad clientID": {dispatch.Say{From: "tom", To: im.Room("app", "r1"), Body: body, ClientID: "a b"}, im.Invalid},
		"a friend":     {hello, im.Unsupported},
		"a group":      {all, im.Unsupported},
	} {
		d, f := newDispatcher(said(0, 1))
		var errs []error
		d.SayLive(tt.say, func(_ dispatch.Said, err error) { errs = append(errs, err) })
		if len(errs) != 1 || im.KindOf(errs[0]) != tt.want || len(f.calls) != 0 {
			t.Errorf("%s: %v after %d calls, want %v after none", name, errors.Join(errs...), len(f.calls), tt.want)
		}
	}
}
