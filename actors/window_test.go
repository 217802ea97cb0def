package actors_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/parley-im/parley/actors"
	"github.com/parley-im/parley/eventlog/logtest"
	"github.com/parley-im/parley/im"
	pb "github.com/parley-im/parley/proto/parley/v1"
)

const hour = im.Millis(60 * 60 * 1000)

// isQuiet reports whether nobody owes anything.
func isQuiet(log *logtest.Memory) bool {
	for s := range shards {
		c := make(chan int, 1)
		log.Owed(im.ShardID(s+1), func(addrs []im.Address, _ error) { c <- len(addrs) })
		if <-c > 0 {
			return false
		}
	}
	return true
}

// What a log has sealed gets no stamp, though the clock is behind; stamps go on growing from there.
//
// Checked by breaking it: it fails when the shell does not ask what is sealed.
func TestShell_StampsAreNotOfWhatIsSealed(t *testing.T) {
	log := newLog(t)
	l := begin(t, log, newHub(), 1, nil)
	l.must(pair, befriend("tom", "jerry"))
	first := l.must(pair, say("m1", "tom", "jerry")).GetSay()
	sealed := im.Millis(first.Ts) + hour
	log.Seal(sealed)
	last := sealed - 1
	for i := range 3 {
		got := l.must(pair, say(fmt.Sprint("n", i), "tom", "jerry")).GetSay()
		if im.Millis(got.Ts) <= last || got.N != uint64(i+2) {
			t.Errorf("message %d has n %d at %d, want n %d after %d", i, got.N, got.Ts, i+2, last)
		}
		last = im.Millis(got.Ts)
	}
}

// What was stamped before the log sealed it, and comes to it afterwards, is refused; its actor goes on by itself, and what was
// sent again with the same id is stored once.
//
// Checked by breaking it: it fails when the shell does not ask what is sealed.
func TestShell_SealedWhileQueuedIsStoredOnce(t *testing.T) {
	log := newLog(t)
	l := begin(t, log, newHub(), 1, nil)
	l.must(pair, befriend("tom", "jerry"))
	await(t, "nothing is owed", func() bool { return isQuiet(log) })
	log.Hold()
	answers := make(chan *pb.Reply, 3)
	for i := range cap(answers) {
		go func() { answers <- l.ask(pair, say(fmt.Sprint("m", i), "tom", "jerry")) }()
	}
	await(t, "all are queued", func() bool { return log.Queued() == cap(answers) })
	sealed := log.Head(pair).TS + hour
	log.Seal(sealed)
	log.Release()
	numbers := map[uint64]bool{}
	late := time.After(patient)
	for range cap(answers) {
		var r *pb.Reply
		select {
		case r = <-answers:
		case <-late:
			t.Fatal("no answer")
		}
		if r.Error != 0 || im.Millis(r.GetSay().GetTs()) < sealed {
			t.Errorf("answered %v, want a stamp from %d on", r, sealed)
		}
		numbers[r.GetSay().GetN()] = true
	}
	if n := storedMessages(t, log, pair); n != cap(answers) || len(numbers) != n || !numbers[1] || !numbers[3] {
		t.Errorf("%d messages are stored, numbers %v", n, numbers)
	}
}

// Messages older than the window count on, though the log has forgotten what was said: numbers go on, of dialogs and of groups.
// Where they are owed there is nothing left to tell, neither of what lies before a snapshot nor behind it; what is younger, and
// what is no message, is told, and nothing is owed any more.
//
// Checked by breaking it: it fails when a core takes the number from what was said.
func TestShell_MessagesOlderThanTheWindowCount(t *testing.T) {
	crew, quiet := im.Group(app, "crew"), im.Group(app, "quiet") // where nothing young is said
	for name, covered := range map[string]bool{"tail": false, "covered": true} {
		t.Run(name, func(t *testing.T) {
			log, hub := newLog(t), newHub()
			way := &road{}
			l := begin(t, log, hub, 1, func(l *life, o *actors.Options) {
				way.Caller, o.Caller = l, way
			})
			l.must(pair, befriend("tom", "jerry"))
			l.must(crew, create("tom"))
			l.must(quiet, create("tom"))
			way.block(true)
			l.must(crew, addMembers("spike joins", "spike"))
			for i := range 3 {
				l.must(pair, say(fmt.Sprint("m", i), "tom", "jerry"))
				l.must(crew, say(fmt.Sprint("m", i), "tom", "crew"))
				l.must(quiet, say(fmt.Sprint("m", i), "tom", "quiet"))
			}
			old := max(log.Head(pair).TS, log.Head(crew).TS, log.Head(quiet).TS) + 1
			log.Seal(old)
			l.must(pair, say("young", "tom", "jerry"))
			l.must(crew, say("young", "tom", "crew"))
			for _, addr := range []im.Address{pair, crew} {
				if l.host.Cover(addr); covered {
					await(t, "a snapshot", func() bool { return isCovered(log, addr) })
				}
			}
			l.end()
			log.Expire(old)

			again := begin(t, log, hub, 2, nil)
			await(t, "nothing is owed", func() bool { return isQuiet(log) })
			for _, addr := range []im.Address{pair, crew} {
				to := im.UserID("jerry")
				if addr == crew {
					to = "spike"
				}
				if got := fmt.Sprint(hub.numbers(to, addr)); got != "[4]" {
					t.Errorf("%s heard %s of %v, want the young one", to, got, addr)
				}
				if got := again.must(addr, say("next", "tom", im.UserID(map[bool]string{true: "crew", false: "jerry"}[addr == crew]))).GetSay().GetN(); got != 5 {
					t.Errorf("the next message of %v has n = %d, want 5", addr, got)
				}
			}
			if got := again.must(quiet, say("next", "tom", "quiet")).GetSay().GetN(); got != 4 {
				t.Errorf("the next message has n = %d, want 4", got)
			}
			if got := again.must(im.User(app, "spike"), profile()).GetProfile().GetGroups(); len(got) != 1 {
				t.Errorf("spike is in %v, want the crew", got)
			}
		})
	}
}

// Whoever repeats a message gets the answer of the first time, n and stamp, and has no second effect: also when what was said is
// older than the window and only its id is known, when it would be refused by now, after a reset, from an actor that was loaded
// anew, and by another owner.
//
// Checked by breaking it: it fails when a repeat is decided before its id is looked up.
func TestShell_RepeatsGetTheFirstAnswer(t *testing.T) {
	log, hub := newLog(t), newHub()
	first := say("m1", "tom", "jerry")
	first.GetSay().ClientId = "m1"
	lies := &outcomes{lie: func(count int) im.Outcome {
		if count == 5 {
			return im.Unknown
		}
		return 0
	}}
	l := begin(t, log, hub, 1, func(l *life, o *actors.Options) {
		lies.Journal, o.Journal = log, lies
	})
	l.must(pair, befriend("tom", "jerry"))
	want := l.must(pair, first).GetSay()
	l.must(pair, say("m2", "jerry", "tom"))
	same := func(when string, l *life) {
		t.Helper()
		got := l.must(pair, first).GetSay()
		if got.GetN() != want.N || got.GetTs() != want.Ts || !got.Duplicate {
			t.Errorf("%s: answered %v, want %v again", when, got, want)
		}
	}
	same("at once", l)
	l.must(pair, &pb.Command{Id: "unfriend", Body: &pb.Command_Unfriend{Unfriend: &pb.Unfriend{By: "tom"}}})
	same("when they are no friends any more", l)
	l.must(pair, befriend("jerry", "tom")) // its answer is unknown: the actor starts over
	same("after a reset", l)
	l.end()
	log.Expire(im.Millis(want.Ts) + 1)
	l = begin(t, log, hub, 2, nil)
	same("when only the id is known", l)
	l.host.Cover(pair)
	await(t, "a snapshot", func() bool { return isCovered(log, pair) })
	l.end()
	same("from a snapshot, by another owner", begin(t, log, hub, 3, nil))
	if n := log.Head(pair).N; n != 2 {
		t.Errorf("%d messages are stored, want 2", n)
	}
}
