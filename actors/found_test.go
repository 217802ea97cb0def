package actors_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/actors/core"
	"github.com/parley-im/parley/actors/user"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

// watchedLog keeps the appends of one address.
type watchedLog struct {
	actors.Journal
	addr im.Address

	mu      sync.Mutex
	appends []im.Append
}

func (w *watchedLog) Append(a im.Append) error {
	if a.Addr == w.addr {
		w.mu.Lock()
		w.appends = append(w.appends, a)
		w.mu.Unlock()
	}
	return w.Journal.Append(a)
}

// What searches and histories are to find travels with the events that it rests on, and with no others.
//
// Checked by breaking it: it fails when the shell leaves either out.
func TestShell_AppendsCarryRecordAndFloor(t *testing.T) {
	crew := im.Group(app, "crew")
	var log *watchedLog
	l := begin(t, newLog(t), newHub(), 1, func(l *life, o *actors.Options) {
		log = &watchedLog{Journal: l.journal, addr: crew}
		o.Journal = log
	})
	l.must(crew, create("tom"))
	l.must(crew, say("m1", "tom", "crew"))
	set := &pb.SetAttributes{Set: []*pb.Attribute{{Name: "name", Value: []byte(`"crew"`)}}}
	l.must(crew, &pb.Command{Id: "set", Body: &pb.Command_SetAttributes{SetAttributes: set}})
	l.must(crew, &pb.Command{Id: "clear", Body: &pb.Command_ClearHistory{ClearHistory: &pb.ClearHistory{}}})
	l.must(crew, &pb.Command{Id: "end", Body: &pb.Command_DeleteGathering{DeleteGathering: &pb.DeleteGathering{}}})
	log.mu.Lock()
	defer log.mu.Unlock()
	var got []string
	for _, a := range log.appends {
		var parts []string
		if a.Floor > 0 {
			parts = append(parts, "floor")
		}
		if a.Record != nil && !a.Record.Gone {
			parts = append(parts, "record")
			for _, f := range a.Record.Fields {
				parts = append(parts, f.Name+"="+f.Text)
			}
		}
		if a.Record != nil && a.Record.Gone {
			parts = append(parts, "gone")
		}
		got = append(got, strings.Join(parts, " "))
	}
	if want := []string{"record", "", "record name=crew", "floor", "floor gone"}; !slices.Equal(got, want) {
		t.Errorf("appends carry %q, want %q", got, want)
	}
}

// The contacts of a first message know of each other when it is answered, and a crash right after it was stored delivers
// message and contact to both.
func TestShell_IntroducedKnowEachOther(t *testing.T) {
	cores := func(_ *life, o *actors.Options) {
		o.Cores[im.KindPassenger] = func(a im.Address) core.Core { return user.New(a) }
	}
	passenger, dialog := im.Passenger(app, "tom"), im.PassengerDialog(app, "tom", "tom") // namesakes
	first := say("m1", "tom", "tom")
	first.GetSay().Introduced, first.GetSay().ByPassenger = true, true
	know := func(l *life) {
		t.Helper()
		for _, who := range []im.Address{tom, passenger} {
			if c := l.must(who, profile()).GetProfile().GetContacts(); len(c) != 1 || c[0].Peer != "tom" {
				t.Errorf("%v has contacts %v, want the other", who, c)
			}
		}
	}
	l := begin(t, newLog(t), newHub(), 1, cores)
	l.must(dialog, first)
	know(l)

	log, hub := newLog(t), newHub()
	l = begin(t, log, hub, 1, cores)
	l.onTell = func(bool) bool { return true }
	l.deliver(dialog, first, time.Second) // unanswered: the node dies with its first tell
	if !l.isDead() {
		t.Fatal("nobody was told")
	}
	l.end()
	again := begin(t, log, hub, 2, cores)
	await(t, "both are told", func() bool { return len(hub.numbers("tom", dialog)) == 1 && again.ask(passenger, profile()).Error == 0 })
	await(t, "the user is told, too", func() bool { return again.ask(tom, profile()).Error == 0 })
	know(again)
}

// Those who are no friends hear once that a user came who wants them to, and once that it has gone, although the session that
// wanted it is not there any more; also when the actor starts over meanwhile. Of other users they hear nothing.
//
// Checked by breaking it: it fails when the activation does not remember what it proclaimed, and when going is not proclaimed.
func TestShell_ProclaimsOnce(t *testing.T) {
	l := friends(t, func(l *life, o *actors.Options) {
		o.OfflineAfter = 50 * time.Millisecond
		o.Journal = &refuseOnce{Journal: l.journal, addr: tom}
	})
	proclaimed := func() (all []string) {
		for _, h := range strings.Split(l.hub.announced(), ", ") {
			if strings.HasPrefix(h, "all") {
				all = append(all, h)
			}
		}
		return all
	}
	attend(l, jerry, true)
	attend(l, tom, true)
	if got := proclaimed(); len(got) > 0 {
		t.Fatalf("proclaimed %v of who does not want it", got)
	}
	l.hub.setLoud(tom, true)
	attend(l, tom, true)
	l.must(im.FriendDialog(app, "tom", "spike"), befriend("tom", "spike")) // tom's append is refused, and repeated
	attend(l, tom, true)
	if got := proclaimed(); !slices.Equal(got, []string{"all but [jerry]: +tom"}) {
		t.Fatalf("proclaimed %v, want once that tom came", got)
	}
	l.hub.setLoud(tom, false)
	attend(l, tom, false)
	await(t, "tom's going is proclaimed", func() bool { return len(proclaimed()) == 2 })
	attend(l, tom, true)
	if got := proclaimed(); !slices.Equal(got, []string{"all but [jerry]: +tom", "all but [jerry spike]: -tom"}) {
		t.Errorf("proclaimed %v", got)
	}
}
